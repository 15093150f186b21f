// The perspective of the street scenes: a camera that looks along a road of constant curvature.
//
// Places are given along the road: lateral (metres, right of its centre line), height (metres above it), s (metres driven).
// In front of the camera, at distance z = s - camera.s, the road has turned away by curvature * z^2 / 2.
#pragma once

#include <opencv2/core/types.hpp>

namespace seg::synthesis {

/// Metres in camera coordinates: x to the right, y up from the road, z ahead.
struct Point3 {
  double x = 0;
  double y = 0;
  double z = 0;
};

inline constexpr double kNear = 0.6;   // metres; nothing is drawn closer
inline constexpr double kFar = 200.0;  // metres; nothing but ground and sky is drawn beyond

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

}  // namespace seg::synthesis
