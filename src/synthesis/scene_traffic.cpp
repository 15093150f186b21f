// Poles, signs, lights, vehicles, people and bicycles of a street. Every world has all rare classes in view of the camera, so that each part of a
// blocked split has all of them.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"
#include "synthesis/scene.hpp"

namespace seg::synthesis {

void place_traffic(World& world, std::uint64_t seed, std::int64_t number);

namespace {

const std::array<Color, 10> kPaints{Color(150, 28, 30), Color(32, 60, 120),   Color(205, 205, 208), Color(40, 42, 46),   Color(120, 124, 130),
                                    Color(60, 96, 70),  Color(170, 150, 110), Color(228, 226, 220), Color(196, 120, 30), Color(82, 30, 52)};
const std::array<Color, 9> kCloth{Color(52, 56, 84), Color(120, 44, 44),   Color(70, 70, 72),   Color(30, 32, 36),  Color(170, 150, 120),
                                  Color(46, 84, 70), Color(196, 190, 182), Color(150, 100, 50), Color(90, 110, 150)};
const std::array<Color, 4> kSkins{Color(226, 188, 160), Color(200, 155, 120), Color(150, 104, 76), Color(96, 66, 50)};
const std::array<Color, 4> kHairs{Color(50, 36, 26), Color(96, 66, 36), Color(28, 26, 26), Color(170, 140, 90)};

template <std::size_t N>
const Color& pick(Random& random, const std::array<Color, N>& palette) {
  return palette[static_cast<std::size_t>(random.below(N))];
}

struct Placer {
  World& world;
  Random random;
  int instance = 0;

  double kerb() const { return world.road.half_width; }
  double walk(int side) const { return world.road.sidewalk[side > 0]; }
  int any_side() { return random.chance(0.5) ? 1 : -1; }
  std::uint32_t small_seed() { return static_cast<std::uint32_t>(random.bits() >> 32); }

  Pole& add_pole(PoleKind kind, int side, double s) {
    Pole pole;
    pole.kind = kind;
    pole.lateral = side * (kerb() + random.uniform(0.3, 0.6));
    pole.s = s;
    pole.seed = small_seed();
    const auto grey = static_cast<float>(random.uniform(70, 160));
    pole.color = {grey, grey + 3, grey + 2};
    world.poles.push_back(pole);
    return world.poles.back();
  }

  void add_lamps() {
    for (const int side : {-1, 1}) {
      if (random.chance(0.25)) continue;
      const double height = random.uniform(5, 8);
      for (double s = random.uniform(7, 20); s < 150; s += random.uniform(20, 30)) {
        Pole& lamp = add_pole(PoleKind::kLamp, side, s);
        lamp.height = height;
        lamp.radius = 0.075;
        lamp.arm = -side * random.uniform(1.0, 1.6);
      }
      for (double s = random.uniform(10, 40); s < 90; s += random.uniform(25, 60)) {
        Pole& bare = add_pole(PoleKind::kPlain, side, s);
        bare.height = random.chance(0.5) ? random.uniform(6, 9) : random.uniform(0.9, 1.1);
        bare.radius = random.uniform(0.05, 0.13);
      }
    }
  }

  void add_signs() {
    for (double s = random.uniform(17, 24); s < 110; s += random.uniform(10, 24)) {
      Pole& sign = add_pole(PoleKind::kSign, any_side(), s);
      sign.height = random.uniform(2.5, 3.3);
      sign.radius = 0.035;
      sign.shape = static_cast<SignShape>(random.below(4));
      sign.aspect = static_cast<int>(random.below(4));
    }
  }

  void add_lights() {
    for (const double crossing : world.road.crossings) {
      const bool near = crossing < 40;
      for (const int side : {-1, 1}) {
        if (!near && random.chance(0.5)) continue;
        Pole& light = add_pole(PoleKind::kTrafficLight, side, crossing + (side > 0 ? 1.9 : 3.6));
        light.height = random.uniform(3.0, 3.6);
        light.radius = 0.06;
        light.aspect = static_cast<int>(random.below(3));
        if (random.chance(0.4)) {
          light.height = random.uniform(5.0, 5.8);
          light.arm = -side * random.uniform(2.0, 3.5);
        }
      }
    }
  }

  Vehicle& add_vehicle(double lateral, double s) {
    Vehicle v;
    const double kind = random.uniform();
    v.kind = kind < 0.5 ? VehicleKind::kHatchback : kind < 0.84 ? VehicleKind::kSaloon : VehicleKind::kVan;
    v.lateral = lateral;
    v.s = s;
    v.color = pick(random, kPaints);
    v.instance = ++instance;
    v.seed = small_seed();
    world.vehicles.push_back(v);
    return world.vehicles.back();
  }

  void add_vehicles() {
    for (const int side : {-1, 1}) {
      const double share = random.uniform(0.1, 0.7);
      const double kerb_gap = 1.05 + random.uniform(0, 0.15);
      if (kerb() - kerb_gap - 0.9 < world.camera_lateral + 1.2 && side > 0) continue;
      for (double s = random.uniform(3, 9); s < 120; s += random.uniform(5.2, 6.6)) {
        if (random.chance(share) && !near_crossing(s + 2)) add_vehicle(side * (kerb() - kerb_gap), s).oncoming = random.chance(0.5);
      }
    }
    for (double s = random.uniform(12, 30); s < 150; s += random.uniform(18, 45)) {
      Vehicle& v = add_vehicle(world.camera_lateral, s);
      v.speed = world.camera_speed * random.uniform(0.85, 1.1);
      enlarge(v);
    }
    for (double s = random.uniform(14, 40); s < 190; s += random.uniform(16, 50)) {
      Vehicle& v = add_vehicle(-world.camera_lateral, s);
      v.speed = -world.camera_speed * random.uniform(0.3, 1);
      v.oncoming = true;
      enlarge(v);
    }
  }

  void enlarge(Vehicle& v) {
    if (!random.chance(0.18)) return;
    v.kind = random.chance(0.5) ? VehicleKind::kTruck : VehicleKind::kBus;
    v.s += 8;
  }

  bool near_crossing(double s) const {
    return std::any_of(world.road.crossings.begin(), world.road.crossings.end(), [&](double c) { return std::abs(s - c) < 7; });
  }

  Person make_person(double lateral, double s) {
    Person p;
    p.lateral = lateral;
    p.s = s;
    p.height = random.uniform(1.58, 1.9);
    p.heading = random.uniform(-1, 1);
    p.speed = random.chance(0.7) ? (random.chance(0.5) ? 1 : -1) * random.uniform(0.1, 0.3) : 0;
    p.coat = pick(random, kCloth);
    p.trousers = pick(random, kCloth) * 0.7;
    p.skin = pick(random, kSkins);
    p.hair = pick(random, kHairs);
    p.instance = ++instance;
    p.seed = small_seed();
    return p;
  }

  void add_people() {
    const auto on_walk = [&](int side) { return side * (kerb() + random.uniform(0.9, walk(side) - 0.5)); };
    const std::int64_t count = 5 + random.below(6);
    for (std::int64_t i = 0; i < count; ++i) {
      const int side = any_side();
      world.people.push_back(make_person(on_walk(side), random.uniform(20, 75)));
      if (random.chance(0.25)) world.people.push_back(make_person(world.people.back().lateral + 0.6, world.people.back().s + 0.3));
    }
    if (random.chance(0.4)) {  // somebody on the zebra crossing
      Person p = make_person(random.uniform(-kerb(), kerb()), world.road.crossings.front() + 1.5);
      p.speed = 0;
      p.heading = random.chance(0.5) ? 1 : -1;
      world.people.push_back(p);
    }
  }

  Bicycle make_bicycle(double lateral, double s) {
    Bicycle b;
    b.lateral = lateral;
    b.s = s;
    b.angle = random.uniform(0.3, 1.25) * (random.chance(0.5) ? 1 : -1);
    b.color = pick(random, kPaints) * 0.8;
    b.instance = ++instance;
    b.person = make_person(lateral, s);
    b.person.instance = b.instance;
    return b;
  }

  void add_bicycles() {
    const int side = any_side();
    world.bicycles.push_back(make_bicycle(side * (kerb() + walk(side) - 0.5), random.uniform(27, 38)));
    if (random.chance(0.35)) {
      Bicycle b = make_bicycle(kerb() - 0.9, random.uniform(30, 60));
      b.rider = true;
      b.speed = world.camera_speed * random.uniform(0.3, 0.8);
      b.angle = 1.45;
      world.bicycles.push_back(b);
    }
    if (random.chance(0.25)) {
      Bicycle b = make_bicycle(any_side() * (kerb() + 1.0), random.uniform(24, 60));
      b.motor = true;
      world.bicycles.push_back(b);
    }
  }

  void add_clutter() {
    for (double s = random.uniform(6, 14); s < 80; s += random.uniform(5, 14)) {
      const int side = any_side();
      Clutter c;
      const bool at_kerb = random.chance(0.4);
      c.lateral = side * (kerb() + (at_kerb ? 0.7 : walk(side) - 0.6));
      c.s = s;
      c.width = random.uniform(0.4, 1.5);
      c.height = random.uniform(0.6, 1.5);
      c.color = pick(random, kPaints) * 0.75;
      c.instance = ++instance;
      world.clutter.push_back(c);
    }
  }
};

}  // namespace

void place_traffic(World& world, std::uint64_t seed, std::int64_t number) {
  Placer placer{world, Random(seed_of({seed, static_cast<std::uint64_t>(number), 8}))};
  placer.add_lamps();
  placer.add_signs();
  placer.add_lights();
  placer.add_vehicles();
  placer.add_people();
  placer.add_bicycles();
  placer.add_clutter();
}

}  // namespace seg::synthesis
