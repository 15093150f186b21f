// Pictures of the training samples: image, label colours and a legend.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/dataset.hpp"
#include "data/loader.hpp"

namespace seg {

class RareClassSampling;

inline constexpr std::int64_t kSheetSamples = 60;

/// Writes `count` samples (at most the whole data set) after `transform`, as in epoch 0 of a run with `seed`, to NUMBER-ID.png: the first samples of
/// the data set or, with `sampling`, the first that it draws. Each picture has the image, the overlay, and a legend of the classes that occur with
/// their share of the pixels. Also writes sheet.png, a grid of the first kSheetSamples samples, small, with one legend of all classes. Returns the
/// files, the sheet last. Throws kStorage if a file cannot be written.
std::vector<std::filesystem::path> write_preview(const Dataset& dataset, const SampleTransform& transform, std::int64_t count, std::uint64_t seed,
                                                 const std::filesystem::path& output_folder, const RareClassSampling* sampling = nullptr);

}  // namespace seg
