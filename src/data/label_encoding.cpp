#include "data/label_encoding.hpp"

#include <map>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace seg {
namespace {

constexpr std::size_t kIds = 65536;

std::uint32_t packed(std::uint32_t red, std::uint32_t green, std::uint32_t blue) { return red << 16 | green << 8 | blue; }
std::uint32_t packed(const std::array<std::uint8_t, 3>& color) { return packed(color[0], color[1], color[2]); }

using UnknownCounts = std::map<std::uint32_t, std::int64_t>;

/// `key_of(y, x)` is the value of a pixel, `train_id_of(key)` its train id or kUnknown.
template <class KeyOf, class TrainIdOf>
UnknownCounts translate(cv::Mat& labels, const KeyOf& key_of, const TrainIdOf& train_id_of) {
  UnknownCounts unknown;
  // Neighbouring pixels are mostly equal, and looking up a colour takes time.
  std::uint32_t last_key = key_of(0, 0);
  std::int16_t last = train_id_of(last_key);
  for (int y = 0; y < labels.rows; ++y) {
    auto* row = labels.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) {
      const std::uint32_t key = key_of(y, x);
      if (key != last_key) {
        last_key = key;
        last = train_id_of(key);
      }
      if (last == LabelEncoding::kUnknown) ++unknown[key];
      row[x] = last == LabelEncoding::kUnknown ? kIgnoreLabel : static_cast<std::uint8_t>(last);
    }
  }
  return unknown;
}

template <class Value>
UnknownCounts translate_ids(const cv::Mat& values, const LabelEncoding& encoding, cv::Mat& labels) {
  const int channels = values.channels();
  return translate(
      labels, [&](int y, int x) { return std::uint32_t{values.ptr<Value>(y)[x * channels]}; }, [&](std::uint32_t id) { return encoding.of_id[id]; });
}

UnknownCounts translate_colors(const StoredLabels& stored, const LabelEncoding& encoding, cv::Mat& labels, const std::string& file) {
  const auto look_up = [&](std::uint32_t color) {
    const auto found = encoding.of_color.find(color);
    return found == encoding.of_color.end() ? LabelEncoding::kUnknown : found->second;
  };
  const int channels = stored.values.channels();
  if (stored.palette.empty()) {
    return translate(
        labels,
        [&](int y, int x) {
          const std::uint8_t* pixel = stored.values.ptr<std::uint8_t>(y) + x * channels;
          return packed(pixel[0], pixel[1], pixel[2]);
        },
        look_up);
  }
  return translate(
      labels,
      [&](int y, int x) {
        const std::size_t index = stored.values.ptr<std::uint8_t>(y)[x];
        if (index < stored.palette.size()) return packed(stored.palette[index]);
        throw Error(ErrorKind::kData, file + ": damaged PNG: index " + std::to_string(index) + " is outside its palette", "save the labels again");
      },
      look_up);
}

/// Why the file does not match the encoding; empty if it does.
std::string misfit(const StoredLabels& stored, LabelEncoding::Source source) {
  const int channels = stored.values.channels();
  if (source == LabelEncoding::Source::kIndex && channels > 1) return "has " + std::to_string(channels) + " channels, but ids need one channel";
  if (source != LabelEncoding::Source::kColor) return {};
  if (stored.palette.empty() && channels < 3) return "is grey, but colors are expected";
  if (stored.values.depth() != CV_8U) return "has 16-bit colors, but 8-bit colors are expected";
  return {};
}

LabelEncoding empty_encoding(LabelEncoding::Source source) {
  LabelEncoding encoding{source, std::vector<std::int16_t>(kIds, LabelEncoding::kUnknown), {}};
  encoding.of_id[kIgnoreLabel] = kIgnoreLabel;
  return encoding;
}

}  // namespace

LabelEncoding index_encoding(const ClassFile& file, bool train_void, LabelEncoding::Source source) {
  LabelEncoding encoding = empty_encoding(source);
  for (const auto& [id, train_id] : train_ids(file, train_void)) encoding.of_id[static_cast<std::size_t>(id)] = train_id;
  return encoding;
}

LabelEncoding train_id_encoding(const ClassFile& file, bool train_void) {
  LabelEncoding encoding = empty_encoding(LabelEncoding::Source::kIndex);
  const std::map<std::int64_t, std::uint8_t> ids = train_ids(file, train_void);
  for (std::size_t i = 0; i < file.classes.size(); ++i) encoding.of_id[i] = ids.at(file.classes[i].file_id);
  if (train_void) encoding.of_id[kIgnoreLabel] = ids.at(file.voids.front().info.file_id);
  return encoding;
}

LabelEncoding color_encoding(const ClassFile& file, bool train_void) {
  LabelEncoding encoding = empty_encoding(LabelEncoding::Source::kColor);
  const std::map<std::int64_t, std::uint8_t> ids = train_ids(file, train_void);
  const auto add = [&](const ClassInfo& info) { encoding.of_color[packed(info.color)] = ids.at(info.file_id); };
  for (const ClassInfo& info : file.classes) add(info);
  for (const VoidClass& entry : file.voids) add(entry.info);
  return encoding;
}

std::string digest_of(const LabelEncoding& encoding) {
  Digest digest;
  digest.update(&encoding.source, sizeof encoding.source);
  digest.update(encoding.of_id.data(), encoding.of_id.size() * sizeof encoding.of_id[0]);
  const std::map<std::uint32_t, std::int16_t> colors(encoding.of_color.begin(), encoding.of_color.end());
  for (const auto& [color, train_id] : colors) {
    digest.update(&color, sizeof color);
    digest.update(&train_id, sizeof train_id);
  }
  return digest.hex();
}

TrainIds to_train_ids(const StoredLabels& stored, const LabelEncoding& encoding, const std::string& file) {
  const std::string defect = misfit(stored, encoding.source);
  if (!defect.empty())
    throw Error(ErrorKind::kData, file + ": the label file " + defect,
                "set data.folder.encoding to index, palette or rgb, as labels are stored; or are the folders of images and labels swapped?");
  TrainIds result;
  result.labels.create(stored.values.size(), CV_8UC1);
  const bool by_color = encoding.source == LabelEncoding::Source::kColor;
  const UnknownCounts unknown = by_color                          ? translate_colors(stored, encoding, result.labels, file)
                                : stored.values.depth() == CV_16U ? translate_ids<std::uint16_t>(stored.values, encoding, result.labels)
                                                                  : translate_ids<std::uint8_t>(stored.values, encoding, result.labels);
  for (const auto& [value, pixels] : unknown) {
    const std::string color = "[" + std::to_string(value >> 16) + ", " + std::to_string(value >> 8 & 255) + ", " + std::to_string(value & 255) + "]";
    result.unknown.push_back({by_color ? color : std::to_string(value), pixels});
  }
  return result;
}

LabelHistogram label_histogram(const cv::Mat& labels) {
  LabelHistogram counts{};
  for (int y = 0; y < labels.rows; ++y) {
    const auto* row = labels.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) ++counts[row[x]];
  }
  return counts;
}

}  // namespace seg
