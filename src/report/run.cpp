#include "report/run.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "report/console.hpp"
#include "report/run_log.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

struct EventLog {
  std::optional<ordered_json> start;  // the first one
  std::map<std::string, Event> last;  // by name
};

EventLog read_log(const fs::path& directory) {
  EventLog log;
  for_each_event(directory, [&](Event event) {
    if (event.name == "start" && !log.start) log.start = event.values;
    std::string name = event.name;
    log.last.insert_or_assign(std::move(name), std::move(event));
  });
  return log;
}

RunDescription describe(const fs::path& directory, const EventLog& log) {
  try {
    const ordered_json& start = log.start.value();
    return {directory,
            start.at("name").get<std::string>(),
            start.at("loss").get<std::string>(),
            start.at("dataset").get<std::string>(),
            start.at("seed").get<std::int64_t>(),
            start.at("iterations").get<std::int64_t>()};
  } catch (const std::exception&) {
    throw Error(ErrorKind::kData, (directory / "metrics.jsonl").string() + ": no start event with name, loss, dataset, seed and iterations",
                "the run stopped before its first line, or the file was changed");
  }
}

}  // namespace

std::vector<fs::path> evaluation_reports(const fs::path& directory) {
  std::vector<fs::path> reports;
  if (!fs::is_directory(directory / "eval")) return reports;
  for (const auto& entry : fs::directory_iterator(directory / "eval")) {
    if (fs::exists(entry.path() / "report.json")) reports.push_back(entry.path() / "report.json");
  }
  std::sort(reports.begin(), reports.end());
  return reports;
}

RunDescription read_run(const fs::path& directory) { return describe(directory, read_log(directory)); }

RunResult read_run_result(const fs::path& directory) {
  RunResult result{.run = read_run(directory), .evaluation = {}, .images = {}};
  for (const char* split : {"test", "val"}) {
    const fs::path file = directory / "eval" / split / "report.json";
    if (!fs::exists(file)) continue;
    result.evaluation = read_evaluation_report(file);
    result.images = read_per_image(file.parent_path(), result.evaluation.confusion.classes);
    return result;
  }
  throw Error(ErrorKind::kData, directory.string() + ": neither eval/test/report.json nor eval/val/report.json",
              "segeval --checkpoint " + (directory / "checkpoints" / "best.safetensors").string() + " writes it");
}

std::string run_summary(const fs::path& directory) {
  const EventLog log = read_log(directory);
  const RunDescription run = describe(directory, log);
  std::string text = run.name + ": loss " + run.loss + ", seed " + std::to_string(run.seed) + ", " + std::to_string(run.iterations) +
                     " iterations of " + run.dataset + "\n";
  const auto add = [&](const char* name, std::string (*line)(const Event&)) {
    if (const auto found = log.last.find(name); found != log.last.end()) text += line(found->second) + "\n";
  };
  add("train", progress_line);
  add("validation", event_line);
  add("end", event_line);

  for (const fs::path& report : evaluation_reports(directory)) text += "\n" + evaluation_text(read_evaluation_report(report));
  return text;
}

}  // namespace seg
