// Draws the objects of a street, each completely, into image and labels.
#pragma once

#include "synthesis/canvas.hpp"
#include "synthesis/scene.hpp"

namespace seg::synthesis {

void draw_sky(Canvas& canvas);
void draw_ground(Canvas& canvas, const World& world);

void draw_building(Canvas& canvas, const Building& building);
void draw_barrier(Canvas& canvas, const Barrier& barrier);
void draw_tree(Canvas& canvas, const Tree& tree);
void draw_pole(Canvas& canvas, const Pole& pole);
void draw_clutter(Canvas& canvas, const Clutter& clutter);

/// `frame` is the time in frames since the start of the world.
void draw_vehicle(Canvas& canvas, const Vehicle& vehicle, double frame);
void draw_person(Canvas& canvas, const Person& person, double frame);
void draw_bicycle(Canvas& canvas, const Bicycle& bicycle, double frame);

/// A plane that faces the camera, with its origin at a position on the road.
inline Plane facing(const Camera& camera, double lateral, double s, double y = 0) { return {camera.place(lateral, y, s), 1, 0}; }

/// The soft shadow under an object, stretched away from the sun. `reach` is the height of the object.
void draw_shadow(Canvas& canvas, double lateral, double s, double half_width, double half_depth, double reach);

}  // namespace seg::synthesis
