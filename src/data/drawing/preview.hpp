// Pictures of what the network is trained on: image, label colours and a legend.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/dataset.hpp"
#include "data/loader.hpp"

namespace seg {

class RareClassSampling;

inline constexpr std::int64_t kSheetSamples = 60;

/// Writes `count` samples (at most the whole set) after `transform`, as in epoch 0 of a run with `seed`, as
/// NUMBER-ID.png: the first of the data set or, with `sampling`, of those that it draws. In each: the image, the overlay, and a legend of the classes
/// seen with their share of the pixels; and sheet.png, a grid of the first kSheetSamples of them, small, with one legend of all classes. Returns the
/// files, the sheet last. Throws kStorage where a file cannot be written.
std::vector<std::filesystem::path> write_preview(const Dataset& dataset, const SampleTransform& transform, std::int64_t count, std::uint64_t seed,
                                                 const std::filesystem::path& output_folder, const RareClassSampling* sampling = nullptr);

}  // namespace seg
