#include <numbers>

#include "base/random.hpp"
#include "synthesis/draw.hpp"
#include "synthesis/noise.hpp"

namespace seg::synthesis {

namespace {

void draw_branches(Canvas& canvas, const Plane& plane, const Tree& tree, const Color& bark) {
  Random random(tree.seed);
  const Surface surface = surface_of(Kind::kVegetation);
  for (int i = 0; i < 9; ++i) {
    const double y = tree.trunk_height * random.uniform(0.75, 1.15);
    const double side = (i % 2 ? 1 : -1) * random.uniform(0.25, 0.9) * tree.crown_radius;
    const cv::Point2d tip(side, y + tree.crown_radius * random.uniform(0.5, 1.3));
    const cv::Point2d knee(side * 0.45, y + (tip.y - y) * 0.35);
    canvas.limb(plane, {0, y}, knee, tree.trunk_radius, tree.trunk_radius * 0.7, bark, surface);
    canvas.limb(plane, knee, tip, tree.trunk_radius * 0.7, 0.03, bark, surface);
  }
}

/// A ball of leaves with a ragged outline, lit from above and from the sun's side.
void draw_crown(Canvas& canvas, const Tree& tree, double centre_y, const Color& bark) {
  const double radius = tree.crown_radius;
  const double tall = radius * tree.crown_stretch;
  const double sun = canvas.weather.sun_side;
  const auto shader = [&](double along, double y, double metres) -> Texel {
    const double dx = (along - radius * 1.25) / radius;
    const double dy = (y - centre_y) / tall;
    const auto x = static_cast<float>(along);
    const auto h = static_cast<float>(y);
    const double lumps = fractal_noise(x * 1.1F, h * 1.1F, tree.seed, 2);
    const double leaf = value_noise(x * 6.5F, h * 6.5F, tree.seed + 3);
    const double detail = std::min(1.0, 0.06 / metres);
    const double fine = detail > 0.3 ? value_noise(x * 19, h * 19, tree.seed + 7) - 0.5 : 0;
    const double edge = std::sqrt(dx * dx + dy * dy) + (lumps - 0.5) * 0.75 + (leaf - 0.5) * 0.26 + detail * fine * 0.2;
    if (edge > 1 || (edge > 0.72 && leaf > 0.86)) return Texel{{}, 0, false};
    const double clump = value_noise(x * 2.3F + 7, h * 2.3F, tree.seed + 5);
    double light = 0.8 + 0.34 * dy + 0.22 * dx * sun + 0.5 * (clump - 0.5) + detail * (0.3 * (leaf - 0.5) + 0.45 * fine);
    light = std::clamp(light, 0.3, 1.5);
    const Color color = tree.leaves * static_cast<float>(light) + Color(14, 12, 0) * static_cast<float>(std::max(0.0, light - 0.8));
    return Texel{light < 0.34 && detail > 0.5 ? bark * 0.6F : color};
  };
  const Plane plane = facing(canvas.camera, tree.lateral, tree.s);
  canvas.wall(plane.at(-radius * 1.25, 0), plane.at(radius * 1.25, 0), std::max(0.0, centre_y - tall * 1.3), centre_y + tall * 1.3, radius * 2.5,
              surface_of(Kind::kVegetation), shader);
}

/// A round post: darker towards its edges.
void draw_post(Canvas& canvas, const Plane& plane, double x, double bottom, double top, double radius, const Color& color, Surface surface) {
  const double sun = canvas.weather.sun_side;
  canvas.rectangle(plane, x - radius, bottom, x + radius, top, color * 0.82F, surface);
  canvas.rectangle(plane, x + radius * (sun > 0 ? 0.1 : -0.7), bottom, x + radius * (sun > 0 ? 0.7 : -0.1), top, color * 1.15F, surface);
}

void draw_lamp_head(Canvas& canvas, const Plane& plane, const Pole& pole) {
  const Surface surface = surface_of(Kind::kPole);
  const double end = pole.arm;
  canvas.limb(plane, {0, pole.height - 0.5}, {end * 0.5, pole.height - 0.05}, 0.09, 0.08, pole.color, surface);
  canvas.limb(plane, {end * 0.5, pole.height - 0.05}, {end, pole.height}, 0.08, 0.08, pole.color, surface);
  if (pole.seed % 2) {  // a hanging lantern, dark and upright like a traffic light
    canvas.rectangle(plane, end - 0.16, pole.height - 0.75, end + 0.16, pole.height - 0.05, {48, 50, 52}, surface);
    canvas.disc(plane, {end, pole.height - 0.52}, 0.11, 0.16, {226, 214, 170}, surface, 10);
  } else {
    canvas.rectangle(plane, end - 0.38, pole.height - 0.06, end + 0.38, pole.height + 0.09, pole.color * 0.7F, surface);
    canvas.rectangle(plane, end - 0.3, pole.height - 0.09, end + 0.3, pole.height - 0.04, {236, 232, 214}, surface);
  }
}

void draw_traffic_light(Canvas& canvas, const Plane& plane, const Pole& pole) {
  const Surface surface = surface_of(Kind::kTrafficLight);
  static const Color lit[3] = {{250, 60, 46}, {252, 186, 60}, {70, 235, 130}};
  static const Color off[3] = {{70, 24, 22}, {72, 56, 22}, {20, 56, 36}};
  const double x = pole.arm;
  const double top = pole.height + (pole.arm != 0 ? 0.45 : 0.1);
  if (pole.arm != 0) canvas.limb(plane, {0, pole.height}, {x, pole.height}, 0.12, 0.09, pole.color, surface_of(Kind::kPole));
  canvas.rectangle(plane, x - 0.21, top - 1.05, x + 0.21, top, {30, 32, 34}, surface);
  canvas.rectangle(plane, x - 0.16, top - 1.0, x + 0.16, top - 0.05, {44, 47, 48}, surface);
  for (int i = 0; i < 3; ++i) {
    const double y = top - 0.2 - 0.32 * i;
    canvas.disc(plane, {x, y}, 0.125, 0.125, pole.aspect == i ? lit[i] : off[i], surface, 14);
    if (pole.aspect == i) canvas.disc(plane, {x, y}, 0.06, 0.06, lit[i] * 0.5F + Color(128, 128, 128), surface, 8);
  }
}

void draw_sign(Canvas& canvas, const Plane& plane, const Pole& pole) {
  const Surface surface = surface_of(Kind::kSign);
  const Color red(196, 34, 36);
  const Color blue(30, 82, 170);
  const Color white(232, 232, 228);
  const double y = pole.height - 0.38;
  switch (pole.shape) {
    case SignShape::kRound:
      canvas.disc(plane, {0, y}, 0.4, 0.4, pole.aspect < 2 ? red : blue, surface);
      if (pole.aspect < 2) canvas.disc(plane, {0, y}, 0.29, 0.29, white, surface);
      if (pole.aspect == 1) canvas.rectangle(plane, -0.13, y - 0.15, 0.13, y + 0.15, {40, 40, 42}, surface);
      if (pole.aspect == 2) canvas.limb(plane, {-0.2, y - 0.2}, {0.2, y + 0.2}, 0.1, 0.1, red, surface);
      if (pole.aspect == 3) canvas.limb(plane, {0, y - 0.22}, {0, y + 0.24}, 0.12, 0.12, white, surface);
      break;
    case SignShape::kTriangle: {
      const double up = pole.aspect == 0 ? -1 : 1;
      const auto triangle = [&](double r, const Color& color) {
        canvas.polygon({plane.at(-r, y - up * r * 0.58), plane.at(r, y - up * r * 0.58), plane.at(0, y + up * r * 1.15)}, color, surface);
      };
      triangle(0.48, red);
      triangle(0.32, white);
      if (up > 0) canvas.limb(plane, {0, y - 0.08}, {0, y + 0.16}, 0.08, 0.08, {40, 40, 42}, surface);
      break;
    }
    case SignShape::kSquare:
      canvas.rectangle(plane, -0.36, y - 0.36, 0.36, y + 0.36, blue, surface);
      canvas.rectangle(plane, -0.31, y - 0.31, 0.31, y + 0.31, pole.aspect % 2 ? white : blue * 1.15F, surface);
      canvas.limb(plane, {-0.08, y - 0.22}, {-0.08, y + 0.24}, 0.1, 0.1, pole.aspect % 2 ? blue : white, surface);
      break;
    case SignShape::kBoard: {
      const Color ground = pole.aspect % 2 ? Color(224, 178, 40) : blue;
      canvas.rectangle(plane, -0.75, y - 0.3, 0.75, y + 0.3, white, surface);
      canvas.rectangle(plane, -0.71, y - 0.26, 0.71, y + 0.26, ground, surface);
      for (int i = -1; i <= 1; i += 2) canvas.limb(plane, {-0.5, y + i * 0.11}, {0.15 + 0.1 * i, y + i * 0.11}, 0.07, 0.07, white, surface);
      break;
    }
  }
}

}  // namespace

void draw_tree(Canvas& canvas, const Tree& tree) {
  const double z = tree.s - canvas.camera.s;
  if (z < 1.5 || !canvas.visible(z, tree.crown_radius)) return;
  const Plane plane = facing(canvas.camera, tree.lateral, tree.s);
  const Color bark = (tree.seed % 3 ? Color(98, 84, 68) : Color(118, 116, 112)) * (canvas.weather.sun_side * tree.lateral < 0 ? 1.0F : 0.85F);
  draw_shadow(canvas, tree.lateral, tree.s, std::max(0.3, tree.crown_radius * 0.8), std::max(0.3, tree.crown_radius * 0.7),
              tree.trunk_height + tree.crown_radius);
  if (tree.trunk_radius > 0) {
    const double top = tree.trunk_height * 1.15;
    draw_post(canvas, plane, 0, 0, top, tree.trunk_radius, bark, surface_of(Kind::kVegetation));
    draw_branches(canvas, plane, tree, bark);
  }
  if (!tree.bare) draw_crown(canvas, tree, tree.trunk_height + tree.crown_radius * tree.crown_stretch * 0.85, bark);
}

void draw_pole(Canvas& canvas, const Pole& pole) {
  const double z = pole.s - canvas.camera.s;
  if (z < 1.5 || z > 130 || !canvas.visible(z, pole.height)) return;
  const Plane plane = facing(canvas.camera, pole.lateral, pole.s);
  draw_shadow(canvas, pole.lateral, pole.s, pole.radius * 1.5, 0.12, pole.height);
  draw_post(canvas, plane, 0, 0, pole.height, pole.radius, pole.color, surface_of(Kind::kPole));
  if (pole.height > 2) draw_post(canvas, plane, 0, 0, 0.7, pole.radius * 1.5, pole.color * 0.8F, surface_of(Kind::kPole));
  if (pole.kind == PoleKind::kLamp) draw_lamp_head(canvas, plane, pole);
  if (pole.kind == PoleKind::kTrafficLight) draw_traffic_light(canvas, plane, pole);
  if (pole.kind == PoleKind::kSign) draw_sign(canvas, plane, pole);
}

}  // namespace seg::synthesis
