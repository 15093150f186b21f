#include "predict/predictions.hpp"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/fields.hpp"
#include "config/text.hpp"
#include "data/drawing/picture.hpp"

namespace seg {

namespace {

constexpr config::Name<PredictionKind> kKinds[] = {
    {PredictionKind::kIds, "ids"}, {PredictionKind::kTrainIds, "train-ids"}, {PredictionKind::kColor, "color"}};

std::uint8_t file_value(const ClassInfo& info) {
  if (info.file_id >= 0 && info.file_id <= 255) return static_cast<std::uint8_t>(info.file_id);
  throw Error(ErrorKind::kConfiguration, "class " + info.name + " has the id " + std::to_string(info.file_id) + ", too large for 8 bits",
              "use --save-predictions train-ids");
}

}  // namespace

cv::Mat image_over(const torch::Tensor& plane, int type) {
  return {static_cast<int>(plane.size(0)), static_cast<int>(plane.size(1)), type, plane.data_ptr()};
}

const std::vector<std::string>& prediction_kinds() {
  static const std::vector<std::string> kinds = config::texts_of(kKinds);
  return kinds;
}

PredictionKind prediction_kind(const std::string& text) {
  for (const auto& kind : kKinds)
    if (text == kind.text) return kind.value;
  throw Error(ErrorKind::kConfiguration, "--save-predictions " + text + ": no such kind", "use one of " + config::joined(prediction_kinds()));
}

PredictionWriter::PredictionWriter(fs::path folder, PredictionKind kind, const ClassTable& data_classes,
                                   const std::vector<std::uint8_t>& model_to_data)
    : folder_(std::move(folder)), colors_(kind == PredictionKind::kColor ? data_classes : ClassTable{}), values_(1, 256, CV_8UC1) {
  const std::uint8_t none = kind == PredictionKind::kIds ? 0 : kIgnoreLabel;
  for (std::size_t own = 0; own < 256; ++own) {
    const std::size_t id = model_to_data.empty() ? own : own < model_to_data.size() ? model_to_data[own] : kIgnoreLabel;
    const bool known = id < data_classes.size();
    values_.data[own] = !known ? none : kind == PredictionKind::kIds ? file_value(data_classes[id]) : static_cast<std::uint8_t>(id);
  }
}

void PredictionWriter::write(const std::string& id, const torch::Tensor& prediction) const {
  const fs::path file = folder_ / safe_relative_path(id + ".png");
  const torch::Tensor labels = prediction.contiguous();
  cv::Mat values;
  cv::LUT(image_over(labels), values_, values);
  if (!colors_.empty()) return write_picture(file, color_labels(values, colors_));
  std::vector<std::uint8_t> png;
  cv::imencode(".png", values, png);
  make_directories(file.parent_path());
  write_file_atomic(file, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace seg
