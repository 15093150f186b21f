// Converts the values of a label file to train ids: train_id(pixel) = table[id(pixel)] or table[colour(pixel)].
#pragma once

#include <opencv2/core/mat.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/class_table.hpp"
#include "data/image_io.hpp"

namespace seg {

struct LabelEncoding {
  enum class Source {
    kIndex,         // the grey value or the palette index
    kFirstChannel,  // the same, or the red channel if there are several channels (SYNTHIA)
    kColor,         // the colour, stored in a palette or in the pixels
  };
  static constexpr std::int16_t kUnknown = -1;

  Source source = Source::kIndex;
  std::vector<std::int16_t> of_id;                           // [65536] train id, 255 = ignored, kUnknown
  std::unordered_map<std::uint32_t, std::int16_t> of_color;  // red << 16 | green << 8 | blue
};

/// Ids as in the class file. The id 255 is ignored unless it is in the file.
LabelEncoding index_encoding(const ClassFile& file, bool train_void, LabelEncoding::Source source);
/// Ids 0 .. K-1 are the train ids; 255 is void.
LabelEncoding train_id_encoding(const ClassFile& file, bool train_void);
LabelEncoding color_encoding(const ClassFile& file, bool train_void);

/// 32 hexadecimal digits: equal digests mean equal train ids.
std::string digest_of(const LabelEncoding& encoding);

/// A value that is not in the class table.
struct UnknownValue {
  std::string value;  // "17" or "[12, 0, 255]"
  std::int64_t pixels = 0;
};

struct TrainIds {
  cv::Mat labels;  // CV_8UC1, 255 also for unknown values
  std::vector<UnknownValue> unknown;
};

/// Throws kData if the file does not have the kind of values that the encoding reads; `file` is its name.
TrainIds to_train_ids(const StoredLabels& stored, const LabelEncoding& encoding, const std::string& file);

/// Number of pixels of each value in CV_8UC1 labels.
using LabelHistogram = std::array<std::int64_t, 256>;
LabelHistogram label_histogram(const cv::Mat& labels);

}  // namespace seg
