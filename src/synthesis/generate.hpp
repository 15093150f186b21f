// Draws a data set of street scenes with labels, in the layout of a published data set, for `segdata generate`.
//
// Reproducible: image i depends only on the seed, the size and i; the number of images only moves the borders between
// train, val and test. In the layout synthia_seqs every eight images show one street from a moving camera.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/size.hpp"

namespace seg {

struct GenerateOptions {
  std::string layout = "synthia_seqs";  // one of synthesis::layout_names()
  std::filesystem::path output;         // a folder that is empty or does not exist
  std::int64_t count = 200;             // images
  Size size{380, 640};                  // pixels, each side 32 .. 8192
  std::uint64_t seed = 0;
  std::int64_t workers = 0;  // threads; 0: one per core
};

/// Writes images, labels and, for folder, classes.yaml. Throws kConfiguration for an option out of range, an unknown layout or
/// a folder that is not empty, kStorage naming a file that cannot be written.
void generate_dataset(const GenerateOptions& options);

}  // namespace seg
