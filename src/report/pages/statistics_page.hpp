// The class statistics of a data set as text and as one HTML page: their shares of the pixels, and their weights in each scheme.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace seg {

/// The effect of data.sampling: rare_class on a class.
struct SampledClass {
  std::int64_t images = 0;   // with enough pixels of it
  double probability = 0.0;  // P(c): share of the samples drawn for it
  double share = 0.0;        // expected share of the pixels in the drawn frames
};

/// Statistics of the training labels; vectors have one entry per class.
struct DataSummary {
  std::string title;
  std::vector<std::string> class_names;
  std::vector<std::int64_t> pixels;
  std::vector<std::int64_t> images;  // that contain the class
  std::int64_t image_count = 0;
  std::int64_t ignored_pixels = 0;
  std::vector<SampledClass> sampled = {};                            // empty if sampling is uniform
  std::vector<std::pair<std::string, std::vector<double>>> weights;  // by the name of the scheme
};

/// A table with one line per class, in the order of their ids.
std::string statistics_text(const DataSummary& summary);
/// The page, with classes from frequent to rare: shares, weights of the schemes side by side, and the table.
std::string statistics_page(const DataSummary& summary);

}  // namespace seg
