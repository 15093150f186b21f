#include "synthesis/draw.hpp"
#include "synthesis/noise.hpp"

namespace seg::synthesis {

namespace {

/// The face of a house: along and y in metres -> colour.
class Facade {
 public:
  Facade(const Building& building, const Weather& weather, double length, bool gable)
      : b_(building),
        gable_(gable),
        pitch_(length / std::max(1.0, std::round(length / building.window_pitch))),
        length_(length),
        sky_(weather.sky_low) {
    const bool lit = gable || weather.sun_side != b_.side;
    light_ = (lit ? 1.06F : 0.5F + 0.42F * weather.shade) * (gable ? 0.86F : 1.0F);
  }

  Color at(double along, double y, double metres) const {
    const int floor = static_cast<int>(std::floor(y / b_.storey));
    const int column = static_cast<int>(std::floor(along / pitch_));
    const double in_floor = y - floor * b_.storey;
    const double in_column = along - (column + 0.5) * pitch_;
    Color color = masonry(along, y, metres);
    if (y > b_.height - 0.45) {
      color = b_.trim * (y > b_.height - 0.15 ? 0.8F : 0.95F);
    } else if (gable_ && b_.seed % 3 != 0) {
      return color * light_;  // blind gable
    } else if (floor == 0) {
      color = ground_floor(color, column, in_column, y, along);
    } else if ((floor + 1) * b_.storey < b_.height) {
      color = window(color, column, floor, in_column, in_floor);
    }
    return color * light_;
  }

 private:
  Color masonry(double along, double y, double metres) const {
    const auto x = static_cast<float>(along);
    const auto h = static_cast<float>(y);
    float tone = 0.93F + 0.14F * value_noise(x * 0.6F, h * 0.6F, b_.seed);
    const float detail = std::fmin(1.0F, 0.02F / static_cast<float>(metres));
    if (b_.bricks) {
      const int course = static_cast<int>(std::floor(y / 0.12));
      const double shifted = along + (course & 1) * 0.15;
      tone += detail * 0.16F * (unit_hash(static_cast<int>(std::floor(shifted / 0.3)), course, b_.seed) - 0.5F);
    } else {
      tone += detail * 0.08F * (value_noise(x * 9, h * 9, b_.seed + 1) - 0.5F);
    }
    tone *= 0.88F + 0.12F * smooth_step(0, 2.5F, h);  // dirt near the ground
    if (y < 0.5) return Color(112, 108, 104) * tone;
    return b_.wall * tone;
  }

  Color glass(int column, int floor, float up) const {
    const float which = unit_hash(column, floor, b_.seed + 3);
    if (which > 0.9F) return {206, 186, 136};                            // lit room
    if (which > 0.7F) return Color(190, 190, 186) * (0.8F + 0.1F * up);  // curtain
    const float mirror = 0.12F + 0.4F * up * which;
    return Color(34, 40, 50) * (1 - mirror) + sky_ * mirror;
  }

  Color window(const Color& wall, int column, int floor, double x, double y) const {
    const double sill = (b_.storey - b_.window_height) * 0.45;
    const double half = b_.window_width / 2;
    const double up = (y - sill) / b_.window_height;
    if (b_.balconies && floor % 2 == 1 && (column + static_cast<int>(b_.seed)) % 2 == 0 && y < sill + 0.35 && std::abs(x) < half + 0.35) {
      return std::fmod(std::abs(x) + 0.05, 0.2) < 0.09 || y > sill + 0.27 ? b_.trim * 0.4F : wall * 0.7F;
    }
    if (std::abs(x) < half + 0.1 && y > sill - 0.16 && y < sill) return b_.trim;
    if (std::abs(x) > half || up < 0 || up > 1) {
      const bool frame = std::abs(x) < half + 0.1 && up > 0 && up < 1 + 0.12 / b_.window_height;
      return frame ? b_.trim * 0.94F : wall;
    }
    if (half - std::abs(x) < 0.06 || std::abs(x) < 0.035 || std::abs(up - 0.68) < 0.02) return b_.trim * 0.9F;
    return up > 0.93 ? glass(column, floor, static_cast<float>(up)) * 0.6F : glass(column, floor, static_cast<float>(up));
  }

  Color ground_floor(const Color& wall, int column, double x, double y, double along) const {
    const float which = unit_hash(column, 0, b_.seed + 5);
    const double door_height = std::min(2.2, b_.storey - 0.5);
    if (which < 0.22F) return door(wall, column, x, y, door_height);
    if (b_.ground_floor == GroundFloor::kShop) return shop(wall, column, x, y, along);
    if (b_.ground_floor == GroundFloor::kGarage && which < 0.6F) {
      if (std::abs(x) > pitch_ * 0.42 || y > door_height) return wall;
      return b_.trim * (std::fmod(y, 0.4) < 0.05 ? 0.62F : 0.78F);
    }
    if (which > 0.86F) return poster(wall, column, x, y);
    return window(wall, column, 0, x, y);
  }

  /// A narrow dark door with a paler upper part: the outline of somebody standing there.
  Color door(const Color& wall, int column, double x, double y, double height) const {
    const double half = 0.42 + 0.1 * unit_hash(column, 1, b_.seed + 6);
    if (std::abs(x) > half + 0.12 || y > height + 0.12) return wall;
    if (std::abs(x) > half || y > height) return b_.trim * 0.85F;
    const Color leaf(60 + 70 * unit_hash(column, 2, b_.seed), 44 + 40 * unit_hash(column, 3, b_.seed), 40 + 40 * unit_hash(column, 4, b_.seed));
    if (y > height * 0.72) return std::abs(x) < half * 0.6 ? Color(150, 150, 146) : leaf;
    return leaf * (std::abs(std::abs(x) - half * 0.5) < 0.04 ? 0.75F : 1.0F);
  }

  Color shop(const Color& wall, int column, double x, double y, double along) const {
    const Color board(90 + 130 * unit_hash(0, 1, b_.seed), 50 + 120 * unit_hash(0, 2, b_.seed), 50 + 130 * unit_hash(0, 3, b_.seed));
    const double top = b_.storey - 0.75;
    if (y > b_.storey - 0.12) return wall;
    if (y > top) {
      const bool letters = y > top + 0.17 && y < b_.storey - 0.32 && value_noise(static_cast<float>(along) * 4.5F, 0.5F, b_.seed + 8) > 0.55F &&
                           std::abs(along - length_ / 2) < length_ * 0.3;
      return letters ? Color(236, 232, 220) : board;
    }
    if (y < 0.55 || pitch_ / 2 - std::abs(x) < 0.09) return board * 0.55F;
    const auto shelf = static_cast<int>(std::floor(y / 0.38));
    const auto place = static_cast<int>(std::floor(along / 0.31 + 0.5 * unit_hash(shelf, column, b_.seed + 10)));
    const float goods = unit_hash(place, shelf, b_.seed + 11);  // things on shelves
    const float warm = 0.7F + 0.3F * unit_hash(column, 9, b_.seed);
    const Color inside = y < 1.7 && goods > 0.5F ? Color(150 * goods, 118 * goods * warm, 120 * (1.2F - goods)) : Color(52, 52, 56) * warm;
    const float mirror = 0.18F + 0.2F * value_noise(static_cast<float>(along - y), 0.3F, b_.seed + 12);
    return inside * (1 - mirror) + sky_ * mirror;
  }

  /// A bill on the wall, in the colours and sizes of traffic signs.
  Color poster(const Color& wall, int column, double x, double y) const {
    const double dy = y - 1.75;
    const double size = 0.3 + 0.25 * unit_hash(column, 5, b_.seed);
    const float which = unit_hash(column, 6, b_.seed);
    if (which < 0.4F) {
      const double r = std::hypot(x, dy);
      return r > size ? wall : r > size * 0.75 ? Color(186, 40, 40) : Color(224, 222, 216);
    }
    if (std::abs(x) > size || std::abs(dy) > size * 1.2) return wall;
    if (which < 0.7F) return std::abs(x) > size * 0.8 || std::abs(dy) > size ? Color(226, 226, 220) : Color(40, 80, 160);
    return std::abs(dy - 0.1) < size * 0.4 ? Color(216, 180, 50) : Color(228, 222, 210);
  }

  const Building& b_;
  bool gable_;
  double pitch_;
  double length_;
  float light_ = 1;
  Color sky_;
};

void draw_roof(Canvas& canvas, const Building& b, const Point3& near, const Point3& far) {
  const double out = b.side * 3.5;
  const double ridge = b.height + 2.6;
  const Color tiles = b.seed % 2 ? Color(142, 78, 60) : Color(88, 88, 96);
  const bool lit = canvas.weather.sun_side != b.side;
  canvas.polygon({{near.x, b.height, near.z}, {near.x + out, ridge, near.z}, {near.x + 2 * out, b.height, near.z}}, b.wall * 0.86F,
                 surface_of(Kind::kBuilding));
  canvas.polygon({{near.x, b.height, near.z}, {far.x, b.height, far.z}, {far.x + out, ridge, far.z}, {near.x + out, ridge, near.z}},
                 tiles * (lit ? 1.0F : 0.75F), surface_of(Kind::kBuilding));
}

}  // namespace

void draw_building(Canvas& canvas, const Building& b) {
  const Camera& camera = canvas.camera;
  const double begin = std::max(b.begin, camera.s + kNear);
  if (b.end <= begin || b.begin - camera.s > kFar + 40) return;
  const Surface surface = surface_of(Kind::kBuilding);
  const Point3 near = camera.place(b.side * b.front, 0, begin);
  const Point3 far = camera.place(b.side * b.front, 0, b.end);
  if (b.roof) draw_roof(canvas, b, near, far);
  if (b.begin > camera.s + kNear) {
    constexpr double kDepth = 14;
    const Facade face(b, canvas.weather, kDepth, true);
    const Point3 back{near.x + b.side * kDepth, 0, near.z};
    canvas.wall(near, back, 0, b.height, kDepth, surface, [&](double along, double y, double metres) { return Texel{face.at(along, y, metres)}; });
  }
  const bool faces_camera = b.side * (near.x / near.z - far.x / far.z) > 0;
  if (!faces_camera) return;
  const double length = b.end - b.begin;
  const Facade face(b, canvas.weather, length, false);
  const double skipped = begin - b.begin;
  canvas.wall(near, far, 0, b.height, b.end - begin, surface,
              [&](double along, double y, double metres) { return Texel{face.at(along + skipped, y, metres)}; });
}

void draw_barrier(Canvas& canvas, const Barrier& b) {
  const Camera& camera = canvas.camera;
  if (b.end - camera.s < kNear + 0.1 || b.begin - camera.s > kFar * 0.7) return;
  const bool hedge = b.kind == BarrierKind::kHedge;
  const Kind kind = hedge ? Kind::kVegetation : b.kind == BarrierKind::kStoneWall ? Kind::kWall : Kind::kFence;
  const float light = b.lateral * canvas.weather.sun_side < 0 ? 1.0F : 0.55F + 0.4F * canvas.weather.shade;
  const auto seen_through = [](bool solid, const Color& color) { return Texel{color, solid ? 1.0F : 0.0F}; };
  const auto shader = [&](double piece_along, double y, double metres) -> Texel {
    const double along = piece_along + b.offset;
    const auto x = static_cast<float>(along);
    const auto h = static_cast<float>(y);
    const float grain = 0.9F + 0.2F * value_noise(x * 6, h * 6, b.seed);
    const double post = std::abs(std::remainder(along, 2.0));
    const double thin = std::max(0.022, metres * 0.6);
    switch (b.kind) {
      case BarrierKind::kHedge: {
        const double edge = b.height - 0.25 * fractal_noise(x * 3, 1, b.seed, 2);
        if (y > edge) return Texel{{}, 0, false};
        const float leaf = fractal_noise(x * 7, h * 7, b.seed + 1, 2);
        return Texel{b.color * (light * (0.45F + 0.45F * leaf + 0.35F * h / static_cast<float>(b.height)))};
      }
      case BarrierKind::kStoneWall: {
        const int course = static_cast<int>(std::floor(y / 0.28));
        const float stone = unit_hash(static_cast<int>(std::floor((along + (course & 1) * 0.3) / 0.55)), course, b.seed);
        return Texel{b.color * (light * grain * (y > b.height - 0.1 ? 1.15F : 0.82F + 0.3F * stone))};
      }
      case BarrierKind::kPickets: {
        const bool rail = std::abs(y - b.height * 0.3) < 0.06 || std::abs(y - b.height * 0.75) < 0.06;
        const double slat = std::abs(std::remainder(along, 0.17));
        const bool solid = slat < 0.066 && y > 0.08 && y < b.height - slat * 0.9;
        return seen_through(solid || rail || post < 0.07, b.color * (light * grain * (solid ? 1.0F : 0.7F)));
      }
      case BarrierKind::kMesh: {
        const bool frame = post < 0.04 || b.height - y < 0.05 || y < 0.05;
        if (frame) return Texel{b.color * light};
        const bool wire = std::min(std::abs(std::remainder(along + y, 0.16)), std::abs(std::remainder(along - y, 0.16))) < 0.012 + metres * 0.2;
        return Texel{b.color * light, wire ? 0.75F : 0.12F};
      }
      case BarrierKind::kRailing:
        break;
    }
    const bool rail = b.height - y < 0.07 || std::abs(y - 0.16) < 0.03;
    return seen_through(rail || post < 0.05 || std::abs(std::remainder(along, 0.14)) < thin, b.color * (light * (rail ? 1.15F : 1.0F)));
  };
  canvas.wall(camera.place(b.lateral, 0, b.begin), camera.place(b.lateral, 0, b.end), 0, b.height, b.end - b.begin, surface_of(kind), shader);
}

void draw_clutter(Canvas& canvas, const Clutter& c) {
  const double z = c.s - canvas.camera.s;
  if (!canvas.visible(z, c.height)) return;
  const Plane front = facing(canvas.camera, c.lateral, c.s);
  const Surface surface = surface_of(Kind::kVoid, c.instance);
  const double half = c.width / 2;
  draw_shadow(canvas, c.lateral, c.s + 0.25, half, 0.35, c.height);
  const double depth = c.lateral > canvas.camera.lateral ? -half : half;  // the side turned to the road
  const Point3 corner = front.at(depth, 0);
  canvas.polygon({corner, {corner.x, c.height, corner.z}, {corner.x, c.height, corner.z + 0.6}, {corner.x, 0, corner.z + 0.6}}, c.color * 0.75F,
                 surface);
  canvas.polygon({front.at(-half, c.height),
                  front.at(half, c.height),
                  {front.origin.x + half, c.height, front.origin.z + 0.6},
                  {front.origin.x - half, c.height, front.origin.z + 0.6}},
                 c.color * 1.3F, surface);
  canvas.rectangle(front, -half, 0, half, c.height, c.color, surface);
  canvas.rectangle(front, -half, c.height * 0.82, half, c.height * 0.88, c.color * 0.6F, surface);
  if (c.instance % 2) canvas.rectangle(front, -half * 0.6, c.height * 0.3, half * 0.6, c.height * 0.7, c.color * 1.35F, surface);
}

}  // namespace seg::synthesis
