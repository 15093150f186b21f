#include "report/run_log.hpp"

#include <fstream>
#include <string>

#include "base/error.hpp"

namespace seg {

void for_each_event(const std::filesystem::path& directory, const std::function<void(Event)>& take) {
  std::ifstream file(directory / "metrics.jsonl");
  if (!file)
    throw Error(ErrorKind::kData, directory.string() + ": no run here (metrics.jsonl cannot be read)", "give the directory of a segtrain run");
  std::string line;
  while (std::getline(file, line)) {
    nlohmann::ordered_json values = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!values.is_object() || !values.contains("event") || !values["event"].is_string() || !values.contains("iteration") ||
        !values["iteration"].is_number_integer())
      continue;
    const auto time = values.find("time");
    Event event{.name = values["event"].get<std::string>(),
                .iteration = values["iteration"].get<std::int64_t>(),
                .values = {},
                .time = time != values.end() && time->is_number() ? time->get<double>() : 0.0};
    for (const char* key : {"event", "iteration", "time"}) values.erase(key);
    event.values = std::move(values);
    take(std::move(event));
  }
}

}  // namespace seg
