#include "report/run/tensorboard.hpp"

#include <isa-l/crc.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "report/run/tensorboard.pb.h"
#include "report/run/tensorboard_summary.hpp"

namespace seg {

namespace {

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{4} << 30;

/// TFRecords mask their checksums, since the checksum of data that contains its own checksum is useless.
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

/// One TFRecord.
std::string tf_record(std::string_view data) {
  std::string record;
  append_little_endian(record, data.size(), 8);
  append_little_endian(record, masked_crc(record), 4);
  record += data;
  append_little_endian(record, masked_crc(data), 4);
  return record;
}

/// Removes the first record and returns its data; empty if it is incomplete or damaged.
std::optional<std::string_view> take_record(std::string_view& rest) {
  if (rest.size() < 16 || little_endian(rest.substr(8, 4)) != masked_crc(rest.substr(0, 8))) return std::nullopt;
  const std::uint64_t length = little_endian(rest.substr(0, 8));
  if (length > rest.size() - 16) return std::nullopt;
  const std::string_view data = rest.substr(12, length);
  if (little_endian(rest.substr(12 + length, 4)) != masked_crc(data)) return std::nullopt;
  rest.remove_prefix(16 + length);
  return data;
}

/// A file name that TensorBoard recognises; the files of one run, sorted by name, are in temporal order.
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
  // ISCSI uses this checksum, but without the two inversions. The library only reads the data, and takes lengths up to an int.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  std::uint32_t crc = ~std::uint32_t{0};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kMost, bytes.size())))
    crc = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())), static_cast<int>(std::min(kMost, bytes.size())), crc);
  return ~crc;
}

TensorBoardReporter::TensorBoardReporter(const std::filesystem::path& folder, std::string configuration) : configuration_(std::move(configuration)) {
  std::error_code ignored;  // the write to the file will then fail with a message
  std::filesystem::create_directories(folder, ignored);
  file_ = std::make_unique<LineFile>(folder / event_file_name());
  tensorboard::Event first;
  first.set_wall_time(utc_seconds());
  first.set_file_version("brain.Event:2");
  file_->append(tf_record(first.SerializeAsString()));
}

void TensorBoardReporter::report(const Event& event) {
  tensorboard::Event record;
  *record.mutable_summary() = tensorboard_summary(event, configuration_);
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
