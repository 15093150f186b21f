#include "synthesis/render.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <functional>

#include "base/random.hpp"
#include "synthesis/draw.hpp"

namespace seg::synthesis {

namespace {

constexpr int kSampling = 2;  // canvas pixels per frame pixel, in each direction

Camera make_camera(const World& world, double frame, int rows, int cols) {
  Camera camera;
  camera.focal = world.field * cols;
  camera.centre_x = cols / 2.0;
  camera.height = world.camera_height;
  camera.lateral = world.camera_lateral + 0.12 * std::sin(frame * 0.35);
  camera.horizon = rows * (world.horizon + 0.003 * std::sin(frame * 1.3));
  camera.s = world.camera_speed * frame;
  camera.curvature = world.road.curvature;
  return camera;
}

/// An object to draw; objects with larger `s` are drawn first.
struct Item {
  double s;
  std::function<void(Canvas&)> draw;
};

std::vector<Item> make_items(const World& world, double frame) {
  std::vector<Item> items;
  for (const Building& b : world.buildings) items.push_back({b.end, [&b](Canvas& c) { draw_building(c, b); }});
  for (const Barrier& b : world.barriers) items.push_back({b.end, [&b](Canvas& c) { draw_barrier(c, b); }});
  for (const Tree& t : world.trees) items.push_back({t.s, [&t](Canvas& c) { draw_tree(c, t); }});
  for (const Pole& p : world.poles) items.push_back({p.s, [&p](Canvas& c) { draw_pole(c, p); }});
  for (const Clutter& x : world.clutter) items.push_back({x.s, [&x](Canvas& c) { draw_clutter(c, x); }});
  for (const Vehicle& v : world.vehicles) items.push_back({v.s + v.speed * frame, [&v, frame](Canvas& c) { draw_vehicle(c, v, frame); }});
  for (const Person& p : world.people) items.push_back({p.s + p.speed * frame, [&p, frame](Canvas& c) { draw_person(c, p, frame); }});
  for (const Bicycle& b : world.bicycles) items.push_back({b.s + b.speed * frame, [&b, frame](Canvas& c) { draw_bicycle(c, b, frame); }});
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.s > b.s; });
  return items;
}

/// Camera effects: light, vignette, blur, noise. The noise of a channel is the sum of four bytes, which is close enough to normal.
void expose(cv::Mat_<cv::Vec3b>& image, const Weather& weather, std::uint64_t noise_seed) {
  cv::GaussianBlur(image, image, cv::Size(3, 3), 0.45);
  const double cx = image.cols / 2.0;
  const double cy = image.rows / 2.0;
  for (int v = 0; v < image.rows; ++v) {
    for (int u = 0; u < image.cols; ++u) {
      const double dx = (u - cx) / cx;
      const double dy = (v - cy) / cx;
      const auto gain = weather.exposure * static_cast<float>(1 - 0.14 * (dx * dx + dy * dy));
      const std::uint64_t first = split_mix(noise_seed + static_cast<std::uint64_t>(v) * 65536U + static_cast<std::uint64_t>(u));
      const std::uint64_t bits[2] = {first, split_mix(first)};
      for (int c = 0; c < 3; ++c) {
        const std::uint64_t word = c < 2 ? bits[0] >> (32 * c) : bits[1];
        const int sum = static_cast<int>((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24 & 255)) - 510;
        const float value = static_cast<float>(image(v, u)[c]) * gain * weather.tint[c];
        image(v, u)[c] = cv::saturate_cast<uchar>(value + static_cast<float>(sum) * (0.018F + 0.00006F * value));
      }
    }
  }
}

}  // namespace

Frame render(const World& world, double frame, const Size& size, std::uint64_t noise_seed) {
  const int rows = static_cast<int>(size.height) * kSampling;
  const int cols = static_cast<int>(size.width) * kSampling;
  Canvas canvas(rows, cols, make_camera(world, frame, rows, cols), world.weather);
  draw_sky(canvas);
  draw_ground(canvas, world);
  for (const Item& item : make_items(world, frame)) item.draw(canvas);

  Frame result;
  const cv::Size out(static_cast<int>(size.width), static_cast<int>(size.height));
  cv::resize(canvas.image, result.image, out, 0, 0, cv::INTER_AREA);
  expose(result.image, world.weather, noise_seed);
  result.kinds.create(out);
  result.instances.create(out);
  for (int v = 0; v < out.height; ++v) {
    for (int u = 0; u < out.width; ++u) {
      const Surface surface = canvas.surfaces(v * kSampling, u * kSampling);
      result.kinds(v, u) = static_cast<std::uint8_t>(kind_of(surface));
      result.instances(v, u) = static_cast<std::uint16_t>(surface / 32);
    }
  }
  return result;
}

}  // namespace seg::synthesis
