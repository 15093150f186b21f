#include "report/run/tensorboard_summary.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "report/run/panel_files.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::uintmax_t kMaxPanelBytes = std::uintmax_t{16} << 20;
constexpr int kFloatType = 1;   // DT_FLOAT of tensorflow/core/framework/types.proto
constexpr int kStringType = 7;  // DT_STRING
constexpr int kHistogramBuckets = 20;

void add_scalars(tensorboard::Summary& summary, const std::string& prefix, const OrderedJson& values) {
  for (const auto& [name, value] : values.items()) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) continue;
    tensorboard::Value& one = *summary.add_value();
    one.set_tag(std::string(prefix).append("/").append(name));
    one.set_simple_value(static_cast<float>(value.get<double>()));
  }
}

/// Buckets of equal width from 0 to the largest value; the values are weights, so none is negative.
void add_histogram(tensorboard::Summary& summary, const std::string& tag, const OrderedJson& by_class) {
  std::vector<double> values;
  for (const auto& value : by_class) {
    if (value.is_number() && std::isfinite(value.get<double>())) values.push_back(value.get<double>());
  }
  if (values.empty()) return;
  const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  const double top = *largest > 0.0 ? *largest : 1.0;
  std::array<int, kHistogramBuckets> counts{};
  tensorboard::Value& one = *summary.add_value();
  one.set_tag(tag);
  tensorboard::Histogram& histogram = *one.mutable_histo();
  double sum = 0.0, squares = 0.0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
    ++counts[static_cast<std::size_t>(std::clamp(static_cast<int>(value / top * kHistogramBuckets), 0, kHistogramBuckets - 1))];
  }
  histogram.set_min(*smallest);
  histogram.set_max(*largest);
  histogram.set_num(static_cast<double>(values.size()));
  histogram.set_sum(sum);
  histogram.set_sum_squares(squares);
  for (int i = 0; i < kHistogramBuckets; ++i) {
    histogram.add_bucket_limit(top * (i + 1) / kHistogramBuckets);
    histogram.add_bucket(counts[static_cast<std::size_t>(i)]);
  }
}

/// Adds a value for a plugin, with a tensor of one element, which the caller fills.
tensorboard::Value& add_for_plugin(tensorboard::Summary& summary, const std::string& plugin, const std::string& tag, int type) {
  tensorboard::Value& one = *summary.add_value();
  one.set_tag(tag);
  one.mutable_metadata()->mutable_plugin_data()->set_plugin_name(plugin);
  one.mutable_tensor()->set_dtype(type);
  one.mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(1);
  return one;
}

/// `text` is Markdown.
void add_text(tensorboard::Summary& summary, const std::string& tag, const std::string& text) {
  add_for_plugin(summary, "text", tag, kStringType).mutable_tensor()->add_string_val(text);
}

void add_settings(tensorboard::Summary& summary, const OrderedJson& values, const std::string& configuration) {
  std::string table = "| setting | value |\n|---|---|\n";
  for (const auto& [name, value] : values.items()) {
    if (value.is_object()) continue;  // the settings, which are written separately
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    table.append("| ").append(name).append(" | ").append(text).append(" |\n");
  }
  add_text(summary, "run", table);
  if (!configuration.empty()) add_text(summary, "configuration", "```yaml\n" + configuration + "```\n");
}

tensorboard::HparamInfo::Type type_of(const OrderedJson& value) {
  if (value.is_boolean()) return tensorboard::HparamInfo::BOOL;
  return value.is_number() ? tensorboard::HparamInfo::FLOAT64 : tensorboard::HparamInfo::STRING;
}

google::protobuf::Value value_of(const OrderedJson& value) {
  google::protobuf::Value one;
  if (value.is_boolean())
    one.set_bool_value(value.get<bool>());
  else if (value.is_number())
    one.set_number_value(value.get<double>());
  else
    one.set_string_value(value.is_string() ? value.get<std::string>() : value.dump());
  return one;
}

/// The plugin reads only the metadata, but a value is required nevertheless.
void add_hparams(tensorboard::Summary& summary, const std::string& tag, const tensorboard::HparamsData& data) {
  tensorboard::Value& one = add_for_plugin(summary, "hparams", "_hparams_/" + tag, kFloatType);
  one.mutable_metadata()->mutable_plugin_data()->set_content(data.SerializeAsString());
  one.mutable_tensor()->add_float_val(0.0F);
}

void add_session_start(tensorboard::Summary& summary, const OrderedJson& settings, double time) {
  tensorboard::HparamsData described, started;
  for (const char* metric : {"mean_accuracy", "mean_iou"}) {
    tensorboard::MetricInfo& info = *described.mutable_experiment()->add_metric_infos();
    info.mutable_name()->set_tag(std::string("validation/") + metric);
    info.set_display_name(metric);
  }
  for (const auto& [key, value] : settings.items()) {
    tensorboard::HparamInfo& info = *described.mutable_experiment()->add_hparam_infos();
    info.set_name(key);
    info.set_type(type_of(value));
    (*started.mutable_session_start_info()->mutable_hparams())[key] = value_of(value);
  }
  started.mutable_session_start_info()->set_start_time_secs(time);
  add_hparams(summary, "experiment", described);
  add_hparams(summary, "session_start_info", started);
}

void add_session_end(tensorboard::Summary& summary, double time) {
  tensorboard::HparamsData ended;
  ended.mutable_session_end_info()->set_status(tensorboard::SessionEndInfo::SUCCESS);
  ended.mutable_session_end_info()->set_end_time_secs(time);
  add_hparams(summary, "session_end_info", ended);
}

/// Width and height in the header of a PNG file (ISO/IEC 15948, 11.2.2): big-endian from byte 16 on.
int png_side(const std::string& png, std::size_t first) {
  int side = 0;
  for (std::size_t i = first; i < first + 4 && i < png.size(); ++i) side = side << 8 | static_cast<unsigned char>(png[i]);
  return side;
}

void add_panels(tensorboard::Summary& summary, const std::filesystem::path& folder) {
  try {
    for (const Panel& panel : read_panel_index(folder)) {
      const std::string png = read_file(folder / panel.file, kMaxPanelBytes);
      tensorboard::Value& one = *summary.add_value();
      one.set_tag("panels/" + panel.title);
      one.mutable_image()->set_width(png_side(png, 16));
      one.mutable_image()->set_height(png_side(png, 20));
      one.mutable_image()->set_colorspace(3);  // RGB
      one.mutable_image()->set_encoded_image_string(png);
    }
  } catch (const std::exception& error) {
    spdlog::warn("the pictures were not written for TensorBoard: {}", error.what());
  }
}

void add_curves(tensorboard::Summary& summary, const Event& event) {
  add_scalars(summary, event_name(event.kind), event.values);
  for (const char* key : {"class_weights", "class_recalls", "class_ious"}) {
    const auto found = event.values.find(key);
    if (found == event.values.end() || !found->is_object()) continue;
    add_scalars(summary, key, *found);
    if (std::string_view(key) == "class_weights") add_histogram(summary, key, *found);
  }
}

}  // namespace

tensorboard::Summary tensorboard_summary(const Event& event, const std::string& configuration) {
  tensorboard::Summary summary;
  const auto settings = event.values.find("settings");
  switch (event.kind) {
    case EventKind::kStart:
      add_settings(summary, event.values, configuration);
      if (settings != event.values.end()) add_session_start(summary, *settings, event.time);
      break;
    case EventKind::kTrain:
    case EventKind::kValidation:
      add_curves(summary, event);
      break;
    case EventKind::kPanels:
      add_panels(summary, event.values.value("folder", ""));
      break;
    case EventKind::kEnd:
      if (event.finishes()) add_session_end(summary, event.time);
      break;
    default:
      break;
  }
  return summary;
}

}  // namespace seg
