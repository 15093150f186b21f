#include "report/json_lines.hpp"

#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

std::string as_line(const Event& event) {
  ordered_json line = {{"event", event.name}, {"iteration", event.iteration}, {"time", event.time}};
  for (const auto& [key, value] : event.values.items()) line[key] = value;
  // Paths may hold any bytes; a bad one must not end a run.
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// The iteration of a line that is an event; empty for anything else.
std::optional<std::int64_t> iteration_of(const std::string& line) {
  const ordered_json parsed = ordered_json::parse(line, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("event")) return std::nullopt;
  const auto found = parsed.find("iteration");
  return found != parsed.end() && found->is_number_integer() ? std::optional(found->get<std::int64_t>()) : std::nullopt;
}

}  // namespace

JsonLinesReporter::JsonLinesReporter(std::filesystem::path path) : file_(std::move(path)) {}

void JsonLinesReporter::report(const Event& event) { file_.append(as_line(event)); }

std::int64_t cut_back(const std::filesystem::path& path, std::int64_t iteration) {
  if (!std::filesystem::exists(path)) return 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::kStorage, path.string() + ": cannot be read", "check its permissions");
  std::int64_t dropped = 0;
  write_file_atomic(path, [&](const ByteSink& sink) {
    std::string line;
    while (std::getline(file, line)) {
      const auto found = iteration_of(line);
      if (found && *found <= iteration) {
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
