#include "report/run/metrics_log.hpp"

#include <fstream>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

std::string as_line(const Event& event) {
  ordered_json line = {{"event", event_name(event.kind)}, {"iteration", event.iteration}, {"time", event.time}};
  for (const auto& [key, value] : event.values.items()) line[key] = value;
  // Paths may contain any bytes; an invalid one must not end a run.
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// A line with the name and the iteration of an event of any kind, also unknown ones; empty for other lines.
std::optional<ordered_json> parsed(const std::string& line) {
  ordered_json values = ordered_json::parse(line, nullptr, false);
  const auto has = [&](const char* key, bool (ordered_json::*is_type)() const noexcept) {
    const auto found = values.find(key);
    return found != values.end() && ((*found).*is_type)();
  };
  const bool is_event = values.is_object() && has("event", &ordered_json::is_string) && has("iteration", &ordered_json::is_number_integer);
  return is_event ? std::optional(std::move(values)) : std::nullopt;
}

std::optional<Event> event_of(const std::string& line) {
  std::optional<ordered_json> values = parsed(line);
  const auto kind = values ? event_kind(values->at("event").get<std::string>()) : std::nullopt;
  if (!kind) return std::nullopt;
  const auto time = values->find("time");
  Event event{.kind = *kind,
              .iteration = values->at("iteration").get<std::int64_t>(),
              .values = {},
              .time = time != values->end() && time->is_number() ? time->get<double>() : 0.0};
  for (const char* key : {"event", "iteration", "time"}) values->erase(key);
  event.values = std::move(*values);
  return event;
}

}  // namespace

JsonLinesReporter::JsonLinesReporter(std::filesystem::path path) : file_(std::move(path)) {}

void JsonLinesReporter::report(const Event& event) { file_.append(as_line(event)); }

void for_each_event(const std::filesystem::path& path, const std::function<void(Event)>& take) {
  std::ifstream file(path);
  if (!file)
    throw Error(ErrorKind::kData, path.parent_path().string() + ": not a run (" + path.filename().string() + " cannot be read)",
                "give the directory of a segtrain run");
  for (std::string line; std::getline(file, line);) {
    if (auto event = event_of(line)) take(std::move(*event));
  }
}

std::optional<Event> last_event(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return event_of(last);
}

std::int64_t cut_back(const std::filesystem::path& path, std::int64_t iteration) {
  if (!std::filesystem::exists(path)) return 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::kStorage, path.string() + ": cannot be read", "check its permissions");
  std::int64_t dropped = 0;
  write_file_atomic(path, [&](const ByteSink& sink) {
    std::string line;
    while (std::getline(file, line)) {
      const auto values = parsed(line);
      if (values && values->at("iteration").get<std::int64_t>() <= iteration) {
        line += '\n';
        sink(line.data(), line.size());
      } else {
        ++dropped;
      }
    }
    if (file.bad()) throw Error(ErrorKind::kStorage, path.string() + ": cannot be read", "the disk may be damaged");
  });
  return dropped;
}

}  // namespace seg
