#include "predict/predictions.hpp"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/fields.hpp"
#include "config/text.hpp"

namespace seg {

namespace {

constexpr config::Name<PredictionKind> kKinds[] = {
    {PredictionKind::kIds, "ids"}, {PredictionKind::kTrainIds, "train-ids"}, {PredictionKind::kColor, "color"}};

std::uint8_t file_value(const ClassInfo& info) {
  if (info.file_id >= 0 && info.file_id <= 255) return static_cast<std::uint8_t>(info.file_id);
  throw Error(ErrorKind::kConfiguration, "class " + info.name + " has the id " + std::to_string(info.file_id) + ", which no 8-bit file holds",
              "use --save-predictions train-ids");
}

}  // namespace

const std::vector<std::string>& prediction_kinds() {
  static const std::vector<std::string> kinds = config::texts_of(kKinds);
  return kinds;
}

PredictionKind prediction_kind(const std::string& text) {
  const std::vector<std::string>& kinds = prediction_kinds();
  if (std::find(kinds.begin(), kinds.end(), text) == kinds.end())
    throw Error(ErrorKind::kConfiguration, "--save-predictions " + text + ": no such kind", "use one of " + config::joined(kinds));
  return config::value_of(text, kKinds);
}

PredictionWriter::PredictionWriter(fs::path folder, PredictionKind kind, const ClassTable& data_classes,
                                   const std::vector<std::uint8_t>& model_to_data)
    : folder_(std::move(folder)), color_(kind == PredictionKind::kColor), values_(256) {
  for (std::size_t own = 0; own < values_.size(); ++own) {
    const std::size_t id = model_to_data.empty() ? own : own < model_to_data.size() ? model_to_data[own] : kIgnoreLabel;
    const bool known = id < data_classes.size();
    if (color_) {
      const auto rgb = known ? data_classes[id].color : std::array<std::uint8_t, 3>{};
      values_[own] = {rgb[2], rgb[1], rgb[0]};
    } else {
      const std::uint8_t none = kind == PredictionKind::kIds ? 0 : kIgnoreLabel;
      const std::uint8_t value = !known ? none : kind == PredictionKind::kIds ? file_value(data_classes[id]) : static_cast<std::uint8_t>(id);
      values_[own] = {value, value, value};
    }
  }
}

void PredictionWriter::write(const std::string& id, const torch::Tensor& prediction) const {
  const torch::Tensor labels = prediction.contiguous();
  cv::Mat image(static_cast<int>(labels.size(0)), static_cast<int>(labels.size(1)), color_ ? CV_8UC3 : CV_8UC1);
  const std::uint8_t* source = labels.data_ptr<std::uint8_t>();
  std::uint8_t* target = image.data;
  const int channels = image.channels();
  for (std::int64_t i = 0; i < labels.numel(); ++i)
    for (int c = 0; c < channels; ++c) *target++ = values_[source[i]][static_cast<std::size_t>(c)];
  std::vector<std::uint8_t> png;
  cv::imencode(".png", image, png);
  const fs::path file = folder_ / safe_relative_path(id + ".png");
  make_directories(file.parent_path());
  write_file_atomic(file, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace seg
