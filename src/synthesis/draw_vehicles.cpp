#include <numbers>

#include "synthesis/draw.hpp"
#include "synthesis/noise.hpp"

namespace seg::synthesis {

namespace {

struct ProfilePoint {
  double along = 0;  // share of the length, 0 at the tail
  double y = 0;      // share of the height
};

enum class Panel : std::uint8_t { kPaint, kGlass, kLamps };

/// The outline of a vehicle seen from the side, from the tail's bottom over the roof to the nose's bottom; panels[i] is what
/// covers the step from point i to i + 1 when seen from behind, above or in front.
struct Body {
  double length = 4.3;
  double width = 1.76;
  double height = 1.46;
  std::vector<ProfilePoint> outline;
  std::vector<Panel> panels;
  std::vector<std::vector<ProfilePoint>> side_windows;
  double wheel = 0.32;
  double axles[2] = {0.19, 0.81};
  double inset = 0.12;  // the roof is narrower than the body by this on each side, metres
};

const Body& body_of(VehicleKind kind) {
  using enum Panel;
  // In the order of VehicleKind.
  static const Body bodies[] = {
      // hatchback
      {4.0,
       1.74,
       1.5,
       {{0, .14}, {0, .44}, {.01, .62}, {.1, .97}, {.2, 1}, {.48, .99}, {.7, .64}, {.96, .52}, {1, .4}, {1, .14}},
       {kPaint, kLamps, kGlass, kPaint, kPaint, kGlass, kPaint, kLamps, kPaint},
       {{{.1, .64}, {.15, .92}, {.32, .94}, {.33, .64}}, {{.36, .64}, {.35, .94}, {.47, .93}, {.63, .64}}}},
      // saloon
      {4.6,
       1.8,
       1.42,
       {{0, .14}, {0, .46}, {.01, .62}, {.13, .67}, {.27, .98}, {.36, 1}, {.52, .99}, {.69, .66}, {.96, .53}, {1, .4}, {1, .14}},
       {kPaint, kLamps, kPaint, kGlass, kPaint, kPaint, kGlass, kPaint, kLamps, kPaint},
       {{{.2, .67}, {.29, .92}, {.4, .94}, {.41, .67}}, {{.43, .67}, {.42, .94}, {.51, .93}, {.63, .67}}}},
      // van
      {5.0,
       1.95,
       2.15,
       {{0, .1}, {0, .28}, {0, .46}, {.02, .9}, {.05, 1}, {.66, 1}, {.84, .56}, {.97, .48}, {1, .36}, {1, .1}},
       {kPaint, kLamps, kGlass, kPaint, kPaint, kGlass, kPaint, kLamps, kPaint},
       {{{.6, .56}, {.6, .9}, {.66, .9}, {.78, .56}}},
       0.34,
       {.17, .82},
       0.06},
      // truck
      {8.0,
       2.4,
       3.3,
       {{0, .16}, {0, .24}, {0, .3}, {0, 1}, {.74, 1}, {.76, .86}, {.97, .84}, {1, .48}, {1, .3}, {1, .12}},
       {kPaint, kLamps, kPaint, kPaint, kPaint, kPaint, kGlass, kLamps, kPaint},
       {{{.83, .5}, {.83, .78}, {.95, .78}, {.97, .5}}},
       0.46,
       {.18, .88},
       0.0},
      // bus
      {10.5,
       2.5,
       3.1,
       {{0, .1}, {0, .3}, {0, .5}, {.005, .92}, {.02, 1}, {.98, 1}, {1, .9}, {1, .36}, {1, .24}, {1, .1}},
       {kPaint, kLamps, kGlass, kPaint, kPaint, kPaint, kGlass, kLamps, kPaint},
       {{{.03, .48}, {.03, .86}, {.2, .86}, {.2, .48}},
        {{.22, .48}, {.22, .86}, {.4, .86}, {.4, .48}},
        {{.42, .48}, {.42, .86}, {.6, .86}, {.6, .48}},
        {{.62, .48}, {.62, .86}, {.8, .86}, {.8, .48}},
        {{.83, .3}, {.83, .86}, {.95, .86}, {.95, .3}}},
       0.46,
       {.22, .8},
       0.0},
  };
  return bodies[static_cast<std::size_t>(kind)];
}

class VehiclePainter {
 public:
  VehiclePainter(Canvas& canvas, const Vehicle& v, double s)
      : canvas_(canvas), v_(v), body_(body_of(v.kind)), s_(s), surface_(surface_of(kind(v.kind), v.instance)) {
    side_ = v.lateral > canvas.camera.lateral ? -1 : 1;  // the flank turned to the camera
    const bool shaded = canvas.weather.sun_side != side_;
    flank_ = shaded ? 0.72F : 1.0F;
  }

  void draw() {
    draw_shadow(canvas_, v_.lateral, s_ + body_.length / 2, body_.width * 0.54, body_.length * 0.54, body_.height * 0.7);
    const std::size_t panels = body_.panels.size();
    // The far end first; of an oncoming vehicle that is its tail.
    for (std::size_t i = 0; i < panels; ++i) panel(v_.oncoming ? i : panels - 1 - i);
    flank();
    const double near_end = v_.oncoming ? 1.0 : 0.0;
    plate_and_wheels(near_end);
  }

 private:
  static Kind kind(VehicleKind kind) { return kind == VehicleKind::kTruck ? Kind::kTruck : kind == VehicleKind::kBus ? Kind::kBus : Kind::kCar; }

  double z_of(double along) const { return s_ + (v_.oncoming ? 1 - along : along) * body_.length; }
  /// Half the width at a height: the cabin leans inwards.
  double half_width(double y) const { return body_.width / 2 - body_.inset * std::max(0.0, (y - 0.55) / 0.45); }
  Point3 at(const ProfilePoint& p, double across) const {
    return canvas_.camera.place(v_.lateral + across * half_width(p.y), p.y * body_.height, z_of(p.along));
  }

  void panel(std::size_t i) {
    const ProfilePoint& a = body_.outline[i];
    const ProfilePoint& b = body_.outline[i + 1];
    const double slope = std::atan2(std::abs(b.y - a.y) * body_.height, std::abs(b.along - a.along) * body_.length);
    const auto light = static_cast<float>(1.18 - 0.42 * slope / (std::numbers::pi / 2));
    quad(a, b, -1, 1, v_.color * light);
    if (body_.panels[i] == Panel::kGlass) {
      quad(inner(a, b, 0.1), inner(a, b, 0.92), -0.9, 0.9, glass(0.25F));
      quad(inner(a, b, 0.55), inner(a, b, 0.92), -0.9, 0.9, glass(0.45F));
    }
    if (body_.panels[i] == Panel::kLamps) lamps(a, b, i < body_.panels.size() / 2);
  }

  void lamps(const ProfilePoint& a, const ProfilePoint& b, bool tail) {
    const Color color = tail ? Color(176, 26, 24) : Color(240, 238, 222);
    for (const int end : {-1, 1}) quad(inner(a, b, 0.15), inner(a, b, 0.85), end * 0.95, end * 0.62, color);
    if (!tail) quad(inner(a, b, 0.2), inner(a, b, 0.8), -0.5, 0.5, {36, 38, 40});
  }

  void flank() {
    polygon(body_.outline, v_.color * flank_);
    if (v_.kind == VehicleKind::kTruck) polygon({{.72, .3}, {.72, 1}, {.76, 1}, {.76, .3}}, Color(40, 42, 44));
    polygon({{0, .14}, {0, .24}, {1, .24}, {1, .14}}, v_.color * (flank_ * 0.55F));
    polygon({{.02, .5}, {.02, .53}, {.97, .5}, {.97, .47}}, v_.color * (flank_ * 1.2F));
    for (const auto& window : body_.side_windows) polygon(window, glass(flank_ * 0.25F));
    for (const double axle : body_.axles) wheel(axle);
  }

  void wheel(double axle) {
    const auto ring = [&](double radius, const Color& color, double scale) {
      std::vector<Point3> points;
      for (int i = 0; i < 16; ++i) {
        const double angle = 2 * std::numbers::pi * i / 16;
        const ProfilePoint p{axle + radius * std::cos(angle) / body_.length, 0};
        Point3 place = at(p, side_ * 1.01);
        place.y = body_.wheel + radius * std::sin(angle) * scale;
        points.push_back(place);
      }
      canvas_.polygon(points, color, surface_);
    };
    ring(body_.wheel * 1.2, v_.color * 0.3F, 1);
    ring(body_.wheel, {26, 26, 28}, 1);
    ring(body_.wheel * 0.58, Color(138, 140, 144) * flank_, 1);
    ring(body_.wheel * 0.2, {60, 60, 64}, 1);
  }

  void plate_and_wheels(double end) {
    const double low = body_.outline.front().y * body_.height;
    const auto box = [&](double left, double bottom, double right, double top, const Color& color) {
      const Plane rear = facing(canvas_.camera, v_.lateral, z_of(end));
      canvas_.rectangle(rear, left, bottom, right, top, color, surface_);
    };
    const double half = body_.width / 2;
    for (const int wheel_side : {-1, 1}) {
      box(wheel_side > 0 ? half - 0.28 : -half + 0.04, 0.02, wheel_side > 0 ? half - 0.04 : -half + 0.28, low + 0.03, {24, 24, 26});
    }
    box(-half + 0.03, low, half - 0.03, low + 0.14, v_.color * 0.42F);
    box(-0.26, low + 0.2, 0.26, low + 0.31, {228, 228, 220});
  }

  Color glass(float mirror) const { return Color(30, 36, 44) * (1 - mirror) + canvas_.weather.sky_low * mirror * 0.8F; }
  static ProfilePoint inner(const ProfilePoint& a, const ProfilePoint& b, double t) {
    return {a.along + t * (b.along - a.along), a.y + t * (b.y - a.y)};
  }
  void quad(const ProfilePoint& a, const ProfilePoint& b, double left, double right, const Color& color) {
    canvas_.polygon({at(a, left), at(a, right), at(b, right), at(b, left)}, color, surface_);
  }
  void polygon(const std::vector<ProfilePoint>& points, const Color& color) {
    std::vector<Point3> shape;
    shape.reserve(points.size());
    for (const ProfilePoint& p : points) shape.push_back(at(p, side_));
    canvas_.polygon(shape, color, surface_);
  }

  Canvas& canvas_;
  const Vehicle& v_;
  const Body& body_;
  double s_;
  Surface surface_;
  int side_ = 1;
  float flank_ = 1;
};

}  // namespace

void draw_vehicle(Canvas& canvas, const Vehicle& v, double frame) {
  const double s = v.s + v.speed * frame;
  const double z = s - canvas.camera.s;
  if (z < -body_of(v.kind).length || z + body_of(v.kind).length < 2 || !canvas.visible(std::max(z, 1.0), 1.4)) return;
  VehiclePainter(canvas, v, s).draw();
}

}  // namespace seg::synthesis
