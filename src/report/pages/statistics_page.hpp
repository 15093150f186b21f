// The classes of a data set as text and as one HTML page: their shares of the pixels, and the weight each scheme would give them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace seg {

/// What data.sampling: rare_class makes of a class.
struct SampledClass {
  std::int64_t images = 0;   // that hold enough of it
  double probability = 0.0;  // P(c): share of the samples that are drawn for it
  double share = 0.0;        // of the pixels in the frames drawn, as expected
};

/// Of the training labels; vectors have an entry a class.
struct DataSummary {
  std::string title;
  std::vector<std::string> class_names;
  std::vector<std::int64_t> pixels;
  std::vector<std::int64_t> images;  // that hold the class
  std::int64_t image_count = 0;
  std::int64_t ignored_pixels = 0;
  std::vector<SampledClass> sampled = {};                            // empty where sampling is uniform
  std::vector<std::pair<std::string, std::vector<double>>> weights;  // by the name of the scheme
};

/// A table with a line a class, in the order of their ids.
std::string statistics_text(const DataSummary& summary);
/// From frequent to rare: shares, weights of the schemes side by side, and the table.
std::string statistics_page(const DataSummary& summary);

}  // namespace seg
