#include "synthesis/scene.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"

namespace seg::synthesis {

void place_traffic(World& world, std::uint64_t seed, std::int64_t number);  // scene_traffic.cpp

namespace {

constexpr double kBegin = -14;  // ends of the street, in metres from the start of the camera
constexpr double kEnd = 230;

template <std::size_t N>
Color pick(Random& random, const std::array<Color, N>& palette, double spread) {
  const Color& base = palette[static_cast<std::size_t>(random.below(N))];
  const auto jitter = [&] { return static_cast<float>(random.uniform(-spread, spread)); };
  const float grey = jitter() * 1.5F;
  return {base[0] + grey + jitter(), base[1] + grey + jitter(), base[2] + grey + jitter()};
}

std::uint32_t small_seed(Random& random) { return static_cast<std::uint32_t>(random.bits() >> 32); }

Weather make_weather(Random random) {
  Weather w;
  w.sun_side = random.chance(0.5) ? 1 : -1;
  w.shadow_length = random.uniform(0.25, 0.75);
  w.clouds = static_cast<float>(random.uniform(0.1, 0.75));
  w.visibility = random.uniform(180, 420);
  w.exposure = static_cast<float>(random.uniform(0.9, 1.1));
  w.cloud_seed = small_seed(random);
  const double mood = random.uniform();
  if (mood < 0.6) {  // sunny
    w.shade = static_cast<float>(random.uniform(0.5, 0.62));
    w.sky_top = {70, static_cast<float>(random.uniform(120, 145)), 205};
    w.sky_low = {196, 218, 236};
    w.tint = {1.05F, 1.01F, 0.95F};
  } else if (mood < 0.85) {  // overcast
    w.shade = 0.92F;
    w.clouds = 1;
    w.sky_top = {165, 175, 188};
    w.sky_low = {214, 219, 224};
    w.tint = {0.97F, 0.99F, 1.02F};
    w.visibility *= 0.7;
  } else {  // low sun
    w.shade = 0.6F;
    w.sky_top = {105, 130, 185};
    w.sky_low = {248, 216, 178};
    w.tint = {1.1F, 0.99F, 0.86F};
    w.shadow_length *= 1.6;
  }
  return w;
}

void paint_lines(Road& road, Random& random, int lanes, double lane_width, const double parking[2]) {
  const double edge = lanes * lane_width;
  road.lines.push_back({0, 0.17, random.chance(0.6) ? random.uniform(2.5, 4) : 0, 8, random.uniform(0, 8)});
  if (random.chance(0.3)) road.lines.push_back({0.34, 0.17, 0, 9, 0});
  for (int side = -1; side <= 1; side += 2) {
    for (int lane = 1; lane < lanes; ++lane) road.lines.push_back({side * lane * lane_width, 0.17, 3, 8, random.uniform(0, 8)});
    const double inset = parking[side > 0] > 0 ? 0 : 0.3;
    road.lines.push_back({side * (edge - inset), 0.2, random.chance(0.25) ? 1.2 : 0, 2.4, 0});
  }
}

Road make_road(Random random, World& world) {
  Road road;
  const int lanes = random.chance(0.3) ? 2 : 1;
  const double lane_width = random.uniform(3.1, 3.5);
  const double parking[2] = {random.chance(0.45) ? 2.1 : 0, random.chance(0.45) ? 2.1 : 0};
  road.half_width = lanes * lane_width + std::max(parking[0], parking[1]) + 0.3;
  road.sidewalk[0] = random.uniform(3.0, 5.0);
  road.sidewalk[1] = random.uniform(3.0, 5.0);
  road.curvature = random.uniform(-0.0022, 0.0022);
  road.asphalt = static_cast<float>(random.uniform(84, 116));
  const auto warm = static_cast<float>(random.uniform(-6, 14));
  const auto grey = static_cast<float>(random.uniform(128, 165));
  road.paving = {grey + warm, grey, grey - warm};
  paint_lines(road, random, lanes, lane_width, parking);
  for (double s = random.uniform(14, 34); s < 160; s += random.uniform(45, 80)) road.crossings.push_back(s);
  const double reach = road.half_width + 2;
  for (int i = 0; i < 26; ++i) {
    const double tone = random.chance(0.4) ? random.uniform(1.4, 2.0) : random.uniform(0.72, 0.88);
    const bool strip = random.chance(0.5);
    road.patches.push_back({random.uniform(-reach, reach), random.uniform(0, 120), strip ? random.uniform(0.2, 0.5) : random.uniform(0.6, 2.2),
                            strip ? random.uniform(2, 9) : random.uniform(0.6, 2.5), static_cast<float>(tone)});
  }
  world.camera_lateral = (lanes - 0.5) * lane_width;
  world.camera_height = random.uniform(1.5, 1.85);
  world.camera_speed = random.uniform(1.4, 2.2);
  world.field = random.uniform(0.56, 0.66);
  world.horizon = random.uniform(0.49, 0.55);
  return road;
}

Building make_building(Random& random, int side, double begin, double end, double front) {
  static const std::array<Color, 10> walls{Color(196, 178, 150), Color(158, 92, 72),   Color(205, 160, 96),  Color(172, 170, 166),
                                           Color(222, 212, 190), Color(164, 178, 190), Color(198, 150, 130), Color(132, 122, 114),
                                           Color(180, 188, 160), Color(126, 74, 62)};
  Building b;
  b.side = side;
  b.begin = begin;
  b.end = end;
  b.front = front;
  b.storey = random.uniform(2.8, 3.5);
  b.height = b.storey * static_cast<double>(2 + random.below(5)) + random.uniform(0.6, 1.4);
  b.window_pitch = random.uniform(2.0, 3.4);
  b.window_width = b.window_pitch * random.uniform(0.34, 0.62);
  b.window_height = b.storey * random.uniform(0.42, 0.6);
  b.ground_floor = random.chance(0.45) ? GroundFloor::kShop : random.chance(0.2) ? GroundFloor::kGarage : GroundFloor::kPlain;
  b.wall = pick(random, walls, 8);
  b.bricks = b.wall[0] > b.wall[2] * 1.6F || random.chance(0.2);
  b.balconies = random.chance(0.25);
  b.roof = random.chance(0.5);
  const auto trim = static_cast<float>(random.uniform(150, 235));
  b.trim = {trim, trim - 4, trim - 10};
  b.seed = small_seed(random);
  return b;
}

Tree make_tree(Random& random, double lateral, double s, double size) {
  static const std::array<Color, 5> leaves{Color(74, 112, 46), Color(96, 128, 52), Color(60, 96, 50), Color(120, 138, 58), Color(86, 104, 62)};
  Tree tree;
  tree.lateral = lateral;
  tree.s = s;
  tree.trunk_height = size * random.uniform(0.8, 1.3);
  tree.trunk_radius = random.uniform(0.06, 0.17);
  tree.crown_radius = size * random.uniform(0.75, 1.15);
  tree.crown_stretch = random.uniform(0.9, 1.4);
  tree.bare = random.chance(0.2);
  tree.leaves = pick(random, leaves, 9);
  tree.seed = small_seed(random);
  return tree;
}

Tree make_bush(Random& random, double lateral, double s) {
  Tree bush = make_tree(random, lateral, s, random.uniform(0.6, 1.1));
  bush.trunk_height = -0.4 * bush.crown_radius;
  bush.trunk_radius = 0;
  bush.bare = false;
  return bush;
}

void add_barrier(World& world, Random& random, BarrierKind kind, double lateral, double begin, double end) {
  static const std::array<Color, 6> paints{Color(70, 76, 74),  Color(46, 62, 52),    Color(150, 152, 150),
                                           Color(120, 88, 60), Color(214, 208, 196), Color(92, 70, 56)};
  constexpr double kPiece = 2;
  Barrier piece;
  piece.kind = kind;
  piece.lateral = lateral;
  piece.height = random.uniform(1.0, 1.7);
  piece.color = pick(random, paints, 6);
  if (kind == BarrierKind::kStoneWall) piece.color = {150, 140, 126};
  if (kind == BarrierKind::kHedge) piece.color = {68, 100, 46};
  piece.seed = small_seed(random);
  for (double s = begin; s < end; s += kPiece) {
    piece.begin = s;
    piece.end = std::min(end, s + kPiece);
    piece.offset = s - begin;
    world.barriers.push_back(piece);
  }
}

/// A lot without a house at the sidewalk: a fence or hedge, green behind it, often a house further back.
void add_garden(World& world, Random& random, int side, double begin, double end, double front) {
  static const std::array<BarrierKind, 8> kinds{BarrierKind::kRailing, BarrierKind::kPickets,   BarrierKind::kMesh,    BarrierKind::kPickets,
                                                BarrierKind::kHedge,   BarrierKind::kStoneWall, BarrierKind::kRailing, BarrierKind::kPickets};
  add_barrier(world, random, kinds[static_cast<std::size_t>(random.below(8))], side * front, begin, end);
  const double depth = random.uniform(4, 8);
  if (random.chance(0.8)) world.buildings.push_back(make_building(random, side, begin + 0.5, end - 0.5, front + depth));
  for (double s = begin + random.uniform(1, 4); s < end - 1; s += random.uniform(4, 9)) {
    const double lateral = side * (front + random.uniform(1.2, depth - 1));
    world.trees.push_back(random.chance(0.6) ? make_tree(random, lateral, s, random.uniform(1.6, 2.8)) : make_bush(random, lateral, s));
  }
}

void add_lots(World& world, Random random, int side) {
  const double front = world.road.half_width + world.road.sidewalk[side > 0];
  for (double s = kBegin; s < kEnd;) {
    const double end = s + random.uniform(8, 20);
    if (random.chance(0.6)) {
      world.buildings.push_back(make_building(random, side, s, end, front + (random.chance(0.2) ? random.uniform(0.2, 1) : 0)));
    } else {
      add_garden(world, random, side, s, end, front);
    }
    s = end + (random.chance(0.15) ? random.uniform(1, 3) : 0);
  }
}

/// Trees between sidewalk and road, and railings along the kerb.
void add_kerb_side(World& world, Random random, int side) {
  const double kerb = world.road.half_width;
  if (random.chance(0.5)) {
    const double size = random.uniform(1.3, 2.1);
    for (double s = random.uniform(6, 14); s < 150; s += random.uniform(9, 18)) {
      world.trees.push_back(make_tree(random, side * (kerb + random.uniform(0.7, 1.0)), s, size));
    }
  }
  if (random.chance(0.55)) {
    const double begin = random.uniform(6, 30);
    add_barrier(world, random, BarrierKind::kRailing, side * (kerb + 0.35), begin, begin + random.uniform(8, 20));
  }
}

/// The street ends at houses and trees right across it.
void close_street(World& world, Random random) {
  for (int i = -5; i <= 5; ++i) {
    Building house = make_building(random, i < 0 ? -1 : 1, kEnd - 45, kEnd - 30, std::abs(i) * 14.0);
    house.height += 6;
    world.buildings.push_back(house);
    world.trees.push_back(make_tree(random, i * 9.0 + random.uniform(-3, 3), kEnd - 48, random.uniform(2.5, 4)));
  }
}

}  // namespace

World make_world(std::uint64_t seed, std::int64_t number) {
  const auto section = [&](std::uint64_t which) { return Random(seed_of({seed, static_cast<std::uint64_t>(number), which})); };
  World world;
  world.weather = make_weather(section(1));
  world.road = make_road(section(2), world);
  for (const int side : {-1, 1}) {
    add_lots(world, section(3 + (side > 0)), side);
    add_kerb_side(world, section(5 + (side > 0)), side);
  }
  close_street(world, section(7));
  place_traffic(world, seed, number);
  return world;
}

}  // namespace seg::synthesis
