// An image and its labels, drawn together: later objects hide earlier ones.
//
// The canvas is twice as high and wide as the frame (see render.cpp): the image is reduced by averaging, which smooths its edges;
// the labels are sampled, so that each pixel has exactly one class.
//
// The perspective is that of a camera that looks along a road of constant curvature. Positions are relative to the road: lateral (metres, right of
// its centre line), height (metres above it), s (metres along it). In front of the camera, at distance z = s - camera.s, the road is displaced by
// curvature * z^2 / 2.
#pragma once

#include <opencv2/core.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "synthesis/scene.hpp"

namespace seg::synthesis {

/// Metres in camera coordinates: x to the right, y up from the road, z ahead.
struct Point3 {
  double x = 0;
  double y = 0;
  double z = 0;
};

inline constexpr double kNear = 0.6;   // metres; nothing is drawn closer
inline constexpr double kFar = 200.0;  // metres; only ground and sky are drawn beyond

struct Camera {
  double focal = 1;      // pixels
  double centre_x = 0;   // pixels
  double horizon = 0;    // pixels
  double height = 1.6;   // metres above the road
  double lateral = 0;    // metres right of the road's centre
  double s = 0;          // metres along the road
  double curvature = 0;  // 1/metres, positive to the right

  double bend(double z) const { return 0.5 * curvature * z * z; }
  Point3 place(double at_lateral, double y, double at_s) const {
    const double z = at_s - s;
    return {at_lateral - lateral + bend(z), y, z};
  }
  cv::Point2d project(const Point3& p) const { return {centre_x + focal * p.x / p.z, horizon + focal * (height - p.y) / p.z}; }
  double pixels_per_metre(double z) const { return focal / z; }
};

/// Kind and instance number in one label: instance * 32 + kind.
using Surface = std::uint16_t;
inline Surface surface_of(Kind kind, int instance = 0) { return static_cast<Surface>(instance * 32 + static_cast<int>(kind)); }
inline Kind kind_of(Surface surface) { return static_cast<Kind>(surface & 31); }

/// The colour of a wall at one point. With `opacity` 0 the background stays visible; with `labelled` false its label stays.
struct Texel {
  Color color;
  float opacity = 1;
  bool labelled = true;
};

/// A vertical plane through two points on the ground, with metres along and up as its coordinates.
struct Plane {
  Point3 origin;
  double dx = 1;  // direction of "along" in camera coordinates, a unit vector
  double dz = 0;

  Point3 at(double along, double y) const { return {origin.x + along * dx, origin.y + y, origin.z + along * dz}; }
};

class Canvas {
 public:
  Canvas(int rows, int cols, const Camera& camera, const Weather& weather);

  cv::Mat_<cv::Vec3b> image;  // RGB
  cv::Mat_<Surface> surfaces;
  const Camera camera;
  const Weather& weather;

  /// `color` as seen through `z` metres of air.
  Color haze(const Color& color, double z) const {
    const auto clear = static_cast<float>(std::exp(-z / weather.visibility));
    return color * clear + weather.sky_low * (1 - clear);
  }

  /// A flat polygon; the part closer than kNear is cut away.
  void polygon(const std::vector<Point3>& points, const Color& color, Surface surface);
  /// Draws only labels (the transparent inside of a wheel).
  void label(const std::vector<Point3>& points, Surface surface);
  /// Darkens the image inside the polygon: `light` is the remaining share of light.
  void shadow(const std::vector<Point3>& points, float light);

  void rectangle(const Plane& plane, double left, double bottom, double right, double top, const Color& color, Surface surface);
  /// A straight limb of the given width; rounded limbs are not visible at these sizes.
  void limb(const Plane& plane, cv::Point2d from, cv::Point2d to, double width_from, double width_to, const Color& color, Surface surface);
  void disc(const Plane& plane, cv::Point2d centre, double radius_x, double radius_y, const Color& color, Surface surface, int corners = 20);

  /// A vertical wall over the ground line a-b, from `bottom` to `top`, coloured by shader(along, y, metres per pixel) -> Texel,
  /// where along runs from 0 at a to `length` at b.
  template <class Shader>
  void wall(const Point3& a, const Point3& b, double bottom, double top, double length, Surface surface, const Shader& shader);

  /// Whether something this high (metres) at distance z is large enough to be drawn.
  bool visible(double z, double metres) const { return z > kNear && z < kFar && camera.pixels_per_metre(z) * metres > 5; }

 private:
  std::vector<cv::Point> outline(const std::vector<Point3>& points) const;
};

template <class Shader>
void Canvas::wall(const Point3& a, const Point3& b, double bottom, double top, double length, Surface surface, const Shader& shader) {
  const double dx = b.x - a.x;
  const double dz = b.z - a.z;
  double p_min = 0;
  double p_max = 1;
  if (std::max(a.z, b.z) <= kNear) return;
  if (a.z < kNear) p_min = (kNear - a.z) / dz;
  if (b.z < kNear) p_max = (kNear - a.z) / dz;
  const auto column_at = [&](double p) { return camera.centre_x + camera.focal * (a.x + p * dx) / (a.z + p * dz); };
  const auto [first, last] = std::minmax({column_at(p_min), column_at(p_max)});  // a list: values, not references
  const int begin = static_cast<int>(std::ceil(std::clamp(first, -1.0, image.cols + 1.0) - 0.5));
  const int end = static_cast<int>(std::ceil(std::clamp(last, -1.0, image.cols + 1.0) - 0.5));
  for (int u = std::max(begin, 0); u < std::min(end, image.cols); ++u) {
    const double slope = (u + 0.5 - camera.centre_x) / camera.focal;
    const double p = std::clamp((slope * a.z - a.x) / (dx - slope * dz), p_min, p_max);
    const double z = a.z + p * dz;
    const double metres = z / camera.focal;
    const auto clear = static_cast<float>(std::exp(-z / weather.visibility));
    const Color air = weather.sky_low * (1 - clear);
    const auto row_at = [&](double y) { return std::ceil(std::clamp(camera.horizon + (camera.height - y) / metres, -1.0, image.rows + 1.0) - 0.5); };
    const int v_end = std::min(static_cast<int>(row_at(bottom)), image.rows);
    for (int v = std::max(static_cast<int>(row_at(top)), 0); v < v_end; ++v) {
      const Texel texel = shader(p * length, camera.height - (v + 0.5 - camera.horizon) * metres, metres);
      if (texel.opacity > 0) {
        cv::Vec3b& pixel = image(v, u);
        const Color color = (texel.color * clear + air) * texel.opacity + Color(pixel) * (1 - texel.opacity);
        pixel = cv::Vec3b(color);
      }
      if (texel.labelled) surfaces(v, u) = surface;
    }
  }
}

}  // namespace seg::synthesis
