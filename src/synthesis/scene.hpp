// The objects of a street and their positions, as plain data; lengths in metres, positions as in canvas.hpp.
#pragma once

#include <opencv2/core/matx.hpp>

#include <cstdint>
#include <vector>

namespace seg::synthesis {

using Color = cv::Vec3f;  // RGB, 0..255

/// The kind of object in a pixel; the layouts map kinds to their own ids (layouts.hpp).
enum class Kind : std::uint8_t {
  kVoid,
  kSky,
  kBuilding,
  kRoad,
  kSidewalk,
  kFence,
  kVegetation,
  kPole,
  kCar,
  kSign,
  kPedestrian,
  kBicycle,
  kLaneMarking,
  kTrafficLight,
  kRider,
  kTruck,
  kBus,
  kMotorcycle,
  kTerrain,
  kWall,
};
inline constexpr int kKinds = 20;

struct LaneLine {
  double lateral = 0;
  double width = 0.18;
  double dash = 0;  // painted length of a period; 0: solid
  double period = 9;
  double phase = 0;
};

/// A repaired piece of road or sidewalk, as pale as paint or darker than asphalt.
struct Patch {
  double lateral = 0;
  double s = 0;
  double width = 1;
  double length = 1;
  float tone = 1;
};

struct Road {
  double half_width = 5;
  double sidewalk[2] = {3, 3};  // left, right
  double curvature = 0;
  std::vector<LaneLine> lines;
  std::vector<double> crossings;  // s of zebra crossings
  std::vector<Patch> patches;
  float asphalt = 90;  // grey level
  Color paving{160, 155, 150};
};

struct Weather {
  double sun_side = 1;       // -1: the sun is on the left, +1: on the right
  double shadow_length = 1;  // metres of shadow a metre of height
  float shade = 0.6F;        // light left in the shadow; near 1 under clouds
  float clouds = 0.4F;       // 0..1
  Color sky_top{90, 140, 215};
  Color sky_low{205, 222, 240};
  Color tint{1, 1, 1};
  double visibility = 300;  // metres at which 1/e of the contrast is left
  float exposure = 1;
  std::uint32_t cloud_seed = 0;
};

enum class GroundFloor : std::uint8_t { kPlain, kShop, kGarage };

struct Building {
  int side = 1;      // -1 left, +1 right
  double begin = 0;  // along the road
  double end = 10;
  double front = 9;  // lateral distance of the front from the road's centre
  double height = 12;
  double storey = 3;
  double window_pitch = 2.6;
  double window_width = 1.2;
  double window_height = 1.5;
  GroundFloor ground_floor = GroundFloor::kPlain;
  bool bricks = false;
  bool balconies = false;
  bool roof = false;
  Color wall{190, 170, 150};
  Color trim{230, 225, 215};
  std::uint32_t seed = 0;
};

enum class BarrierKind : std::uint8_t { kRailing, kPickets, kMesh, kHedge, kStoneWall };

/// A piece of fence, hedge or wall along the road, short enough to be sorted by distance.
struct Barrier {
  BarrierKind kind = BarrierKind::kRailing;
  double lateral = 9;
  double begin = 0;
  double end = 2;
  double offset = 0;  // where the piece starts in its fence
  double height = 1.1;
  Color color{90, 95, 95};
  std::uint32_t seed = 0;
};

struct Tree {
  double lateral = 8;
  double s = 0;
  double trunk_height = 2.5;
  double trunk_radius = 0.14;
  double crown_radius = 2;  // 0: a bush is a crown without trunk, a bare tree a trunk without crown
  double crown_stretch = 1.1;
  bool bare = false;
  Color leaves{80, 120, 50};
  std::uint32_t seed = 0;
};

enum class PoleKind : std::uint8_t { kLamp, kSign, kTrafficLight, kPlain };
enum class SignShape : std::uint8_t { kRound, kTriangle, kSquare, kBoard };

struct Pole {
  PoleKind kind = PoleKind::kPlain;
  double lateral = 6;
  double s = 0;
  double height = 3;
  double radius = 0.06;
  double arm = 0;  // metres to the right; negative to the left
  SignShape shape = SignShape::kRound;
  int aspect = 0;  // lit lamp of a traffic light: 0 red, 1 yellow, 2 green; colours of a sign
  Color color{120, 125, 125};
  std::uint32_t seed = 0;
};

enum class VehicleKind : std::uint8_t { kHatchback, kSaloon, kVan, kTruck, kBus };

struct Vehicle {
  VehicleKind kind = VehicleKind::kSaloon;
  double lateral = 2;
  double s = 20;     // of the end nearer to the camera
  double speed = 0;  // metres a frame
  bool oncoming = false;
  Color color{150, 30, 30};
  int instance = 0;
  std::uint32_t seed = 0;
};

struct Person {
  double lateral = 7;
  double s = 20;
  double speed = 0;  // metres a frame
  double height = 1.75;
  double heading = 1;  // -1..1: how much the walk is seen from the side
  Color coat{60, 60, 90};
  Color trousers{40, 42, 50};
  Color skin{220, 180, 150};
  Color hair{60, 45, 30};
  int instance = 0;
  std::uint32_t seed = 0;
};

struct Bicycle {
  double lateral = 6;
  double s = 20;
  double speed = 0;
  double angle = 0.6;  // radians between its length and the view's left-right direction
  bool rider = false;
  bool motor = false;
  Color color{40, 40, 45};
  Person person;
  int instance = 0;
};

/// Objects without a class: bins, boxes, benches.
struct Clutter {
  double lateral = 7;
  double s = 10;
  double width = 0.5;
  double height = 1;
  Color color{70, 90, 70};
  int instance = 0;
};

struct World {
  Road road;
  Weather weather;
  double camera_lateral = 1.7;
  double camera_height = 1.6;
  double camera_speed = 2;  // metres a frame
  double field = 0.6;       // focal length as a share of the image's width
  double horizon = 0.5;     // share of the image's height
  std::vector<Building> buildings;
  std::vector<Barrier> barriers;
  std::vector<Tree> trees;
  std::vector<Pole> poles;
  std::vector<Vehicle> vehicles;
  std::vector<Person> people;
  std::vector<Bicycle> bicycles;
  std::vector<Clutter> clutter;
};

/// The street number `world` for `seed`; depends only on these two.
World make_world(std::uint64_t seed, std::int64_t world);

}  // namespace seg::synthesis
