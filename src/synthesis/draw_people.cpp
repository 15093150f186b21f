#include <numbers>

#include "synthesis/draw.hpp"

namespace seg::synthesis {

namespace {

/// A walking or riding figure; lengths are shares of its height.
void draw_figure(Canvas& canvas, const Plane& plane, const Person& p, double stride, Surface surface) {
  const double h = p.height;
  const auto at = [&](double x, double y) { return cv::Point2d(x * h, y * h); };
  const auto limb = [&](cv::Point2d a, cv::Point2d b, double from, double to, const Color& color) {
    canvas.limb(plane, a, b, from * h, to * h, color, surface);
  };
  const double wide = 0.085 + 0.04 * (1 - std::abs(p.heading));  // shoulders seen from the front are wider
  const double sway = stride * p.heading * 0.14;
  const Color sleeve = p.coat * 0.82F;
  const double hip = 0.035 * (1 - std::abs(p.heading)) + 0.01;
  for (const int leg : {-1, 1}) {
    const Color cloth = p.trousers * (leg < 0 ? 0.8F : 1.0F);
    const cv::Point2d knee = at(leg * (hip + sway * 0.6), 0.27);
    limb(at(leg * hip, 0.5), knee, 0.095, 0.075, cloth);
    limb(knee, at(leg * (hip + sway), 0.035), 0.075, 0.055, cloth);
    limb(at(leg * (hip + sway) - 0.03, 0.015), at(leg * (hip + sway) + 0.035, 0.015), 0.035, 0.03, {30, 28, 28});
  }
  limb(at(-wide - 0.01, 0.8), at(-wide - 0.03 - sway * 0.7, 0.5), 0.055, 0.04, sleeve);
  canvas.polygon({plane.at(-wide * 0.8 * h, 0.46 * h), plane.at(wide * 0.8 * h, 0.46 * h), plane.at(wide * h, 0.8 * h),
                  plane.at(wide * 0.55 * h, 0.845 * h), plane.at(-wide * 0.55 * h, 0.845 * h), plane.at(-wide * h, 0.8 * h)},
                 p.coat, surface);
  limb(at(wide + 0.01, 0.8), at(wide + 0.03 + sway * 0.7, 0.5), 0.055, 0.04, sleeve);
  if (p.seed % 3 == 0) canvas.rectangle(plane, wide * 0.9 * h, 0.4 * h, (wide + 0.11) * h, 0.58 * h, p.trousers * 0.8F, surface);  // a bag
  limb(at(0, 0.83), at(0, 0.88), 0.05, 0.05, p.skin * 0.85F);
  canvas.disc(plane, at(0, 0.935), 0.052 * h, 0.066 * h, p.hair, surface, 14);
  canvas.disc(plane, at(0.012 * p.heading, 0.922), 0.04 * h, 0.05 * h, p.skin, surface, 12);
}

class BicyclePainter {
 public:
  BicyclePainter(Canvas& canvas, const Bicycle& b, const Plane& plane)
      : canvas_(canvas), b_(b), plane_(plane), surface_(surface_of(b.motor ? Kind::kMotorcycle : Kind::kBicycle, b.instance)) {}

  void draw() {
    const double radius = b_.motor ? 0.31 : 0.34;
    const double reach = b_.motor ? 0.68 : 0.53;
    for (const int end : {-1, 1}) wheel(end * reach, radius);
    if (b_.motor) {
      motor_body(radius);
    } else {
      frame(radius);
    }
  }

 private:
  void wheel(double x, double radius) {
    std::vector<Point3> rim;
    constexpr int kCorners = 18;
    const auto on_rim = [&](int i) {
      const double angle = 2 * std::numbers::pi * i / kCorners;
      return cv::Point2d(x + radius * std::cos(angle), radius + radius * std::sin(angle));
    };
    rim.reserve(kCorners);
    for (int i = 0; i < kCorners; ++i) rim.push_back(plane_.at(on_rim(i).x, on_rim(i).y));
    canvas_.label(rim, surface_);
    const double tyre = b_.motor ? 0.12 : 0.05;
    for (int i = 0; i < kCorners; ++i) canvas_.limb(plane_, on_rim(i), on_rim(i + 1), tyre, tyre, {28, 28, 30}, surface_);
    for (int i = 0; i < kCorners / 2; i += 2) canvas_.limb(plane_, on_rim(i), on_rim(i + kCorners / 2), 0.012, 0.012, {150, 150, 152}, surface_);
  }

  void frame(double r) {
    const cv::Point2d rear(-0.53, r), front(0.53, r), crank(-0.06, r - 0.04), seat(-0.2, 0.86), head(0.38, 0.84);
    const auto tube = [&](cv::Point2d a, cv::Point2d b) { canvas_.limb(plane_, a, b, 0.05, 0.05, b_.color, surface_); };
    tube(rear, crank);
    tube(rear, seat);
    tube(crank, seat);
    tube(crank, head);
    tube({-0.18, 0.78}, {0.37, 0.8});
    tube(front, {0.35, 0.98});
    canvas_.limb(plane_, {-0.32, 0.9}, {-0.06, 0.89}, 0.08, 0.06, {24, 24, 26}, surface_);
    canvas_.limb(plane_, {0.22, 1.02}, {0.44, 0.99}, 0.05, 0.05, {40, 40, 42}, surface_);
  }

  void motor_body(double r) {
    canvas_.polygon({plane_.at(-0.8, 0.72), plane_.at(-0.3, 0.82), plane_.at(0.1, 0.78), plane_.at(0.35, 0.95), plane_.at(0.5, 0.7),
                     plane_.at(0.2, 0.3), plane_.at(-0.4, 0.3)},
                    b_.color, surface_);
    canvas_.limb(plane_, {0.68, r}, {0.42, 1.05}, 0.08, 0.07, {60, 60, 64}, surface_);
    canvas_.limb(plane_, {-0.7, 0.8}, {0.05, 0.84}, 0.12, 0.1, {26, 26, 28}, surface_);
    canvas_.disc(plane_, {0.0, 0.45}, 0.2, 0.16, {110, 110, 114}, surface_, 12);
  }

  Canvas& canvas_;
  const Bicycle& b_;
  const Plane& plane_;
  Surface surface_;
};

}  // namespace

void draw_person(Canvas& canvas, const Person& person, double frame) {
  const double s = person.s + person.speed * frame;
  const double z = s - canvas.camera.s;
  if (z < 2 || !canvas.visible(z, person.height)) return;
  const Plane plane = facing(canvas.camera, person.lateral, s);
  draw_shadow(canvas, person.lateral, s, 0.22, 0.2, person.height);
  const double phase = person.speed != 0 ? std::sin(person.seed % 7 + frame * 1.4) : 0.25;
  draw_figure(canvas, plane, person, phase, surface_of(Kind::kPedestrian, person.instance));
}

void draw_bicycle(Canvas& canvas, const Bicycle& b, double frame) {
  const double s = b.s + b.speed * frame;
  const double z = s - canvas.camera.s;
  if (z < 2.5 || !canvas.visible(z, 1)) return;
  const Plane plane{canvas.camera.place(b.lateral, 0, s), std::cos(b.angle), std::sin(b.angle)};
  draw_shadow(canvas, b.lateral, s, 0.15 + 0.6 * std::cos(b.angle), 0.2 + 0.4 * std::abs(std::sin(b.angle)), 0.8);
  BicyclePainter(canvas, b, plane).draw();
  if (b.rider) draw_figure(canvas, facing(canvas.camera, b.lateral, s - 0.1, 0.28), b.person, 0.3, surface_of(Kind::kRider, b.instance));
}

}  // namespace seg::synthesis
