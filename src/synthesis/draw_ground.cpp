#include <opencv2/imgproc.hpp>

#include <numbers>

#include "synthesis/draw.hpp"
#include "synthesis/noise.hpp"

namespace seg::synthesis {

namespace {

constexpr int kCloudScale = 4;  // clouds are smooth: computed at a quarter of the canvas

Color mix(const Color& a, const Color& b, float t) { return a * (1 - t) + b * t; }

/// The ground of one image row: everything at one distance.
class GroundRow {
 public:
  /// `depth`: metres of road this row covers.
  GroundRow(const World& world, double s, double depth) : world_(world), s_(s) {
    const Weather& w = world.weather;
    shadow_edge_ = 1e9;
    const int sunny = w.sun_side > 0 ? 1 : -1;
    for (const Building& b : world.buildings) {
      if (b.side != sunny || s < b.begin || s >= b.end) continue;
      shadow_edge_ = std::min(shadow_edge_, b.front - b.height * w.shadow_length);
    }
    detail_ = static_cast<float>(std::exp(-depth * 1.6));
    for (const Patch& p : world.road.patches) {
      if (s > p.s && s < p.s + p.length) patches_.push_back(&p);
    }
    for (const LaneLine& line : world.road.lines) {
      if (line.dash <= 0 || std::fmod(s + 1000 + line.phase, line.period) < line.dash) lines_.push_back(&line);
    }
    for (const double crossing : world.road.crossings) {
      zebra_ = zebra_ || (s > crossing && s < crossing + 3);
      stop_line_ = stop_line_ || (s > crossing - 1.6 && s < crossing - 1.2);
    }
  }

  /// Colour and kind at a lateral place.
  std::pair<Color, Kind> at(double lateral) const {
    auto [color, kind] = surface(lateral);
    const double sunwards = lateral * world_.weather.sun_side;
    const float shade = smooth_step(static_cast<float>(shadow_edge_) - 0.25F, static_cast<float>(shadow_edge_) + 0.25F, static_cast<float>(sunwards));
    return {color * (1 - shade * (1 - world_.weather.shade)), kind};
  }

 private:
  std::pair<Color, Kind> surface(double lateral) const {
    const Road& road = world_.road;
    const double out = std::abs(lateral) - road.half_width;
    if (out < 0) return roadway(lateral);
    if (out < 0.16) return {road.paving * (0.95F + 0.25F * detail_), Kind::kSidewalk};
    if (out < road.sidewalk[lateral > 0]) return {paving(lateral), Kind::kSidewalk};
    const float green = noise(lateral, 1.3F, 5) * 0.5F + noise(lateral, 9, 6) * 0.5F;
    return {Color(88, 108, 52) * (0.75F + 0.5F * green), Kind::kTerrain};
  }

  std::pair<Color, Kind> roadway(double lateral) const {
    const auto x = static_cast<float>(lateral);
    float grey = world_.road.asphalt * (0.94F + 0.12F * noise(lateral, 0.5F, 1));
    grey *= 1 + detail_ * (noise(lateral, 26, 2) - 0.5F) * 0.3F;
    const double in_lane = std::abs(std::abs(std::remainder(lateral - world_.camera_lateral, 3.3)) - 0.8);
    grey *= 1 - 0.1F * static_cast<float>(std::exp(-in_lane * in_lane * 12));                                                   // wheel tracks
    if (detail_ > 0.2F && noise(lateral, 0.35F, 9) > 0.62F && std::abs(noise(lateral, 1.7F, 3) - 0.5F) < 0.012F) grey *= 0.8F;  // cracks
    grey *= patch_tone(lateral);
    Color color(grey, grey * 1.005F, grey * 1.02F);
    if (!painted(lateral)) return {color, Kind::kRoad};
    const float worn = smooth_step(0.62F, 0.8F, fractal_noise(x * 3, static_cast<float>(s_) * 3, 4, 2)) * 0.7F;
    return {mix({222, 222, 214}, color, worn), Kind::kLaneMarking};
  }

  Color paving(double lateral) const {
    const auto tile_x = static_cast<int>(std::floor(lateral / 0.6));
    const auto tile_s = static_cast<int>(std::floor(s_ / 0.6));
    float tone = 0.95F + detail_ * 0.14F * (unit_hash(tile_x, tile_s, 7) - 0.5F) + 0.12F * (noise(lateral, 0.7F, 8) - 0.5F);
    const double joint = std::min(std::abs(std::remainder(lateral, 0.6)), std::abs(std::remainder(s_, 0.6)));
    if (joint < 0.02) tone -= 0.16F * detail_;
    return world_.road.paving * (tone * std::min(1.45F, patch_tone(lateral)));
  }

  float noise(double lateral, float frequency, std::uint32_t seed) const {
    return value_noise(static_cast<float>(lateral) * frequency, static_cast<float>(s_) * frequency, seed);
  }

  float patch_tone(double lateral) const {
    for (const Patch* p : patches_) {
      if (lateral > p->lateral && lateral < p->lateral + p->width) return p->tone;
    }
    return 1;
  }

  bool painted(double lateral) const {
    if (zebra_) return std::fmod(lateral + 100, 1.0) < 0.5 && std::abs(lateral) < world_.road.half_width - 0.4;
    if (stop_line_ && lateral > 0.2 && lateral < world_.camera_lateral * 2) return true;
    return std::any_of(lines_.begin(), lines_.end(), [&](const LaneLine* line) { return std::abs(lateral - line->lateral) * 2 < line->width; });
  }

  const World& world_;
  double s_;
  double shadow_edge_ = 0;
  float detail_ = 1;
  std::vector<const Patch*> patches_;  // those this row crosses
  std::vector<const LaneLine*> lines_;
  bool zebra_ = false;
  bool stop_line_ = false;
};

}  // namespace

void draw_sky(Canvas& canvas) {
  const Weather& w = canvas.weather;
  const Camera& camera = canvas.camera;
  const int rows = std::clamp(static_cast<int>(std::ceil(camera.horizon)) + 2, 1, canvas.image.rows);
  cv::Mat_<cv::Vec3b> small((rows + kCloudScale - 1) / kCloudScale, (canvas.image.cols + kCloudScale - 1) / kCloudScale);
  const double sun_x = w.sun_side * 1.1;
  for (int v = 0; v < small.rows; ++v) {
    const double up = std::max(0.0, (camera.horizon - v * kCloudScale) / camera.focal);
    for (int u = 0; u < small.cols; ++u) {
      const double side = (u * kCloudScale - camera.centre_x) / camera.focal;
      const auto height = static_cast<float>(std::min(1.0, up * 1.5));
      Color color = mix(w.sky_low, w.sky_top, std::sqrt(height));
      const double far = 1.2 / (up + 0.12);  // clouds lie in a plane above
      const float cover = fractal_noise(static_cast<float>(side * far * 1.1) + 60, static_cast<float>(far * 1.7), w.cloud_seed, 4);
      const float bright = fractal_noise(static_cast<float>(side * far * 2) + 90, static_cast<float>(far * 3), w.cloud_seed + 9, 2);
      const float alpha = smooth_step(0.62F - 0.3F * w.clouds, 0.8F - 0.2F * w.clouds, cover) * std::min(1.0F, height * 4 + 0.15F);
      color = mix(color, Color(250, 249, 247) * (0.84F + 0.16F * bright), alpha * 0.9F);
      const double glow = std::exp(-((side - sun_x) * (side - sun_x) + (up - 0.5) * (up - 0.5)) * 2.5);
      color = mix(color, {255, 250, 235}, static_cast<float>(glow) * 0.5F);
      small(v, u) = cv::Vec3b(color);
    }
  }
  cv::Mat whole;
  cv::resize(small, whole, cv::Size(small.cols * kCloudScale, small.rows * kCloudScale), 0, 0, cv::INTER_LINEAR);
  whole(cv::Rect(0, 0, canvas.image.cols, rows)).copyTo(canvas.image.rowRange(0, rows));
}

void draw_ground(Canvas& canvas, const World& world) {
  const Camera& camera = canvas.camera;
  for (int v = std::max(0, static_cast<int>(std::ceil(camera.horizon))); v < canvas.image.rows; ++v) {
    const double z = camera.focal * camera.height / std::max(0.25, v + 0.5 - camera.horizon);
    const double metres = z / camera.focal;
    const GroundRow row(world, camera.s + z, z * metres / camera.height);
    const auto clear = static_cast<float>(std::exp(-z / canvas.weather.visibility));
    const Color air = canvas.weather.sky_low * (1 - clear);
    for (int u = 0; u < canvas.image.cols; ++u) {
      const double lateral = camera.lateral + (u + 0.5 - camera.centre_x) * metres - camera.bend(z);
      const auto [color, kind] = row.at(lateral);
      const Color seen = color * clear + air;
      canvas.image(v, u) = cv::Vec3b(seen);
      canvas.surfaces(v, u) = surface_of(kind);
    }
  }
}

void draw_shadow(Canvas& canvas, double lateral, double s, double half_width, double half_depth, double reach) {
  const Weather& w = canvas.weather;
  const double shift = -w.sun_side * reach * w.shadow_length;
  const auto ellipse = [&](double grow, double moved) {
    std::vector<Point3> points;
    for (int i = 0; i < 14; ++i) {
      const double angle = 2 * std::numbers::pi * i / 14;
      const double c = std::cos(angle);
      points.push_back(
          canvas.camera.place(lateral + half_width * grow * c + (c * shift > 0 ? moved : 0), 0.01, s + half_depth * grow * std::sin(angle)));
    }
    return points;
  };
  canvas.shadow(ellipse(1.0, shift), 0.35F + 0.65F * w.shade);
  canvas.shadow(ellipse(1.1, 0), 0.72F);
  canvas.shadow(ellipse(0.85, 0), 0.72F);
}

}  // namespace seg::synthesis
