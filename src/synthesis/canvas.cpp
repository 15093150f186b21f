#include "synthesis/canvas.hpp"

#include <opencv2/imgproc.hpp>

#include <numbers>

namespace seg::synthesis {

namespace {

constexpr int kShift = 4;  // corners have a resolution of 1/16 pixel

std::vector<Point3> clip_near(const std::vector<Point3>& points) {
  std::vector<Point3> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point3& a = points[i];
    const Point3& b = points[(i + 1) % points.size()];
    if (a.z >= kNear) kept.push_back(a);
    if ((a.z >= kNear) != (b.z >= kNear)) {
      const double t = (kNear - a.z) / (b.z - a.z);
      kept.push_back({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y), kNear});
    }
  }
  return kept;
}

double mean_distance(const std::vector<Point3>& points) {
  double sum = 0;
  for (const Point3& point : points) sum += point.z;
  return std::max(kNear, sum / static_cast<double>(points.size()));
}

}  // namespace

Canvas::Canvas(int rows, int cols, const Camera& camera_, const Weather& weather_)
    : image(rows, cols, cv::Vec3b(0, 0, 0)), surfaces(rows, cols, surface_of(Kind::kSky)), camera(camera_), weather(weather_) {}

std::vector<cv::Point> Canvas::outline(const std::vector<Point3>& points) const {
  std::vector<cv::Point> corners;
  for (const Point3& point : clip_near(points)) {
    const cv::Point2d p = camera.project(point);
    const auto fixed = [](double value) { return static_cast<int>(std::lround(std::clamp(value - 0.5, -2e4, 2e4) * (1 << kShift))); };
    corners.emplace_back(fixed(p.x), fixed(p.y));
  }
  return corners;
}

void Canvas::polygon(const std::vector<Point3>& points, const Color& color, Surface surface) {
  const std::vector<std::vector<cv::Point>> shape{outline(points)};
  if (shape[0].size() < 3) return;
  const Color seen = haze(color, mean_distance(points));
  cv::fillPoly(image, shape, cv::Scalar(seen[0], seen[1], seen[2]), cv::LINE_8, kShift);
  cv::fillPoly(surfaces, shape, cv::Scalar(surface), cv::LINE_8, kShift);
}

void Canvas::label(const std::vector<Point3>& points, Surface surface) {
  const std::vector<std::vector<cv::Point>> shape{outline(points)};
  if (shape[0].size() >= 3) cv::fillPoly(surfaces, shape, cv::Scalar(surface), cv::LINE_8, kShift);
}

void Canvas::shadow(const std::vector<Point3>& points, float light) {
  const std::vector<cv::Point> shape = outline(points);
  if (shape.size() < 3) return;
  std::vector<cv::Point> whole;
  whole.reserve(shape.size());
  for (const cv::Point& corner : shape) whole.emplace_back(corner.x >> kShift, corner.y >> kShift);
  const cv::Rect box = (cv::boundingRect(whole) + cv::Size(2, 2)) & cv::Rect(0, 0, image.cols, image.rows);
  if (box.empty()) return;
  cv::Mat_<uchar> mask(box.size(), uchar{0});
  cv::fillPoly(mask, std::vector{shape}, cv::Scalar(255), cv::LINE_8, kShift, -box.tl() * (1 << kShift));
  cv::Mat dark;
  image(box).convertTo(dark, -1, light);
  dark.copyTo(image(box), mask);
}

void Canvas::rectangle(const Plane& plane, double left, double bottom, double right, double top, const Color& color, Surface surface) {
  polygon({plane.at(left, bottom), plane.at(right, bottom), plane.at(right, top), plane.at(left, top)}, color, surface);
}

void Canvas::limb(const Plane& plane, cv::Point2d from, cv::Point2d to, double width_from, double width_to, const Color& color, Surface surface) {
  const cv::Point2d along = to - from;
  const double length = std::max(1e-6, std::hypot(along.x, along.y));
  const cv::Point2d across(-along.y / length / 2, along.x / length / 2);
  const auto corner = [&](const cv::Point2d& p, double width) { return plane.at(p.x + across.x * width, p.y + across.y * width); };
  polygon({corner(from, width_from), corner(to, width_to), corner(to, -width_to), corner(from, -width_from)}, color, surface);
}

void Canvas::disc(const Plane& plane, cv::Point2d centre, double radius_x, double radius_y, const Color& color, Surface surface, int corners) {
  std::vector<Point3> points;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::numbers::pi * i / corners;
    points.push_back(plane.at(centre.x + radius_x * std::cos(angle), centre.y + radius_y * std::sin(angle)));
  }
  polygon(points, color, surface);
}

}  // namespace seg::synthesis
