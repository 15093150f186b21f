#include "report/tensorboard.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "report/tensorboard.pb.h"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{4} << 30;
constexpr int kStringType = 7;  // DT_STRING of tensorflow/core/framework/types.proto
constexpr int kHistogramBuckets = 20;

std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1U ? 0x82F63B78U : 0U);
    table[byte] = crc;
  }
  return table;
}

/// TFRecords mask their checksums, since the checksum of data that holds its own checksum tells nothing.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xA282EAD8U;
}

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// The data of the record at the front, which is removed; empty where it is torn or damaged.
std::optional<std::string_view> take_record(std::string_view& rest) {
  if (rest.size() < 16 || little_endian(rest.substr(8, 4)) != masked_crc(rest.substr(0, 8))) return std::nullopt;
  const std::uint64_t length = little_endian(rest.substr(0, 8));
  if (length > rest.size() - 16) return std::nullopt;
  const std::string_view data = rest.substr(12, length);
  if (little_endian(rest.substr(12 + length, 4)) != masked_crc(data)) return std::nullopt;
  rest.remove_prefix(16 + length);
  return data;
}

void add_scalars(tensorboard::Summary& summary, const std::string& prefix, const OrderedJson& values) {
  for (const auto& [name, value] : values.items()) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) continue;
    tensorboard::Value& one = *summary.add_value();
    one.set_tag(prefix + "/" + name);
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

/// `text` is Markdown.
void add_text(tensorboard::Summary& summary, const std::string& tag, const std::string& text) {
  tensorboard::Value& one = *summary.add_value();
  one.set_tag(tag);
  one.mutable_metadata()->mutable_plugin_data()->set_plugin_name("text");
  one.mutable_tensor()->set_dtype(kStringType);
  one.mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(1);
  one.mutable_tensor()->add_string_val(text);
}

void add_settings(tensorboard::Summary& summary, const OrderedJson& values, const std::string& configuration) {
  std::string table = "| setting | value |\n|---|---|\n";
  for (const auto& [name, value] : values.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    table.append("| ").append(name).append(" | ").append(text).append(" |\n");
  }
  add_text(summary, "run", table);
  if (!configuration.empty()) add_text(summary, "configuration", "```yaml\n" + configuration + "```\n");
}

tensorboard::Summary summary_of(const Event& event, const std::string& configuration) {
  tensorboard::Summary summary;
  if (event.name == "start") add_settings(summary, event.values, configuration);
  if (event.name != "train" && event.name != "validation") return summary;
  add_scalars(summary, event.name, event.values);
  for (const char* key : {"class_weights", "class_recalls"}) {
    const auto found = event.values.find(key);
    if (found == event.values.end() || !found->is_object()) continue;
    add_scalars(summary, key, *found);
    if (std::string_view(key) == "class_weights") add_histogram(summary, key, *found);
  }
  return summary;
}

/// A name TensorBoard knows as an event file; files of one run in the order of their names are in the order of time.
std::string event_file_name() {
  const std::string seconds = std::to_string(static_cast<std::int64_t>(utc_seconds() * 1e3));
  return "events.out.tfevents." + seconds + ".segtrain." + std::to_string(getpid());
}

std::int64_t cut_back_file(const std::filesystem::path& path, std::int64_t iteration) {
  const std::string content = read_file(path, kMaxFileBytes);
  std::string_view rest = content;
  std::string kept;
  std::int64_t dropped = 0;
  while (const auto data = take_record(rest)) {
    tensorboard::Event event;
    if (event.ParseFromArray(data->data(), static_cast<int>(data->size())) && event.step() <= iteration)
      kept += tf_record(*data);
    else
      ++dropped;
  }
  if (kept.size() != content.size()) write_file_atomic(path, kept);
  return dropped;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = make_crc_table();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~crc;
}

std::string tf_record(std::string_view data) {
  std::string record;
  append_little_endian(record, data.size(), 8);
  append_little_endian(record, masked_crc(record), 4);
  record += data;
  append_little_endian(record, masked_crc(data), 4);
  return record;
}

TensorBoardReporter::TensorBoardReporter(const std::filesystem::path& folder, std::string configuration) : configuration_(std::move(configuration)) {
  std::error_code ignored;  // the file cannot be written then, and says so
  std::filesystem::create_directories(folder, ignored);
  file_ = std::make_unique<LineFile>(folder / event_file_name());
  tensorboard::Event first;
  first.set_wall_time(utc_seconds());
  first.set_file_version("brain.Event:2");
  file_->append(tf_record(first.SerializeAsString()));
}

void TensorBoardReporter::report(const Event& event) {
  tensorboard::Event record;
  *record.mutable_summary() = summary_of(event, configuration_);
  if (record.summary().value_size() == 0) return;
  record.set_wall_time(event.time);
  record.set_step(event.iteration);
  file_->append(tf_record(record.SerializeAsString()));
}

std::int64_t cut_back_tensorboard(const std::filesystem::path& folder, std::int64_t iteration) {
  if (!std::filesystem::is_directory(folder)) return 0;
  std::int64_t dropped = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().find("tfevents") != std::string::npos) dropped += cut_back_file(entry.path(), iteration);
  }
  return dropped;
}

}  // namespace seg
