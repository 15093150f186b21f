#include "report/run/run.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "report/run/console.hpp"
#include "report/run/metrics_log.hpp"
#include "report/run/per_image.hpp"
#include "report/run/run_paths.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

struct EventLog {
  std::optional<ordered_json> start;  // the first start event
  std::map<EventKind, Event> last;
};

EventLog read_log(const fs::path& directory) {
  EventLog log;
  for_each_event(RunPaths{directory}.metrics(), [&](Event event) {
    if (event.kind == EventKind::kStart && !log.start) log.start = event.values;
    log.last.insert_or_assign(event.kind, std::move(event));
  });
  return log;
}

RunDescription describe(const fs::path& directory, const EventLog& log) {
  try {
    const ordered_json& start = log.start.value();
    return {directory,
            start.at("name").get<std::string>(),
            start.at("loss").get<std::string>(),
            {},
            start.at("dataset").get<std::string>(),
            start.at("seed").get<std::int64_t>(),
            start.at("iterations").get<std::int64_t>()};
  } catch (const std::exception&) {
    throw Error(ErrorKind::kData, RunPaths{directory}.metrics().string() + ": no start event with name, loss, dataset, seed and iterations",
                "the run stopped before its first event, or the file was changed");
  }
}

}  // namespace

std::vector<fs::path> evaluation_reports(const fs::path& directory) {
  std::vector<fs::path> reports;
  const fs::path evaluations = RunPaths{directory}.evaluations();
  if (!fs::is_directory(evaluations)) return reports;
  for (const auto& entry : fs::directory_iterator(evaluations)) {
    if (const fs::path report = EvaluationPaths{entry.path()}.report(); fs::exists(report)) reports.push_back(report);
  }
  std::sort(reports.begin(), reports.end());
  return reports;
}

RunDescription read_run(const fs::path& directory) { return describe(directory, read_log(directory)); }

RunResult read_run_result(const fs::path& directory) {
  RunResult result{.run = read_run(directory), .evaluation = {}, .images = {}, .curve = {}};
  for (const char* split : {"test", "val"}) {
    const EvaluationPaths evaluation = RunPaths{directory}.evaluation(split);
    if (!fs::exists(evaluation.report())) continue;
    result.evaluation = read_evaluation_report(evaluation.report());
    result.images = read_per_image(evaluation.folder, result.evaluation.confusion.classes);
    result.curve = read_tau_curve(evaluation.folder);
    return result;
  }
  const auto wanted = [](const char* split) { return RunPaths{}.evaluation(split).report().string(); };
  throw Error(ErrorKind::kData, directory.string() + ": has neither " + wanted("test") + " nor " + wanted("val"),
              "segeval --checkpoint " + RunPaths{directory}.best().string() + " writes it");
}

std::string run_summary(const fs::path& directory) {
  const EventLog log = read_log(directory);
  const RunDescription run = describe(directory, log);
  std::string text = run.name + ": loss " + run.loss + ", seed " + std::to_string(run.seed) + ", " + std::to_string(run.iterations) +
                     " iterations of " + run.dataset + "\n";
  const auto add = [&](EventKind kind, std::string (*line)(const Event&)) {
    if (const auto found = log.last.find(kind); found != log.last.end()) text += line(found->second) + "\n";
  };
  add(EventKind::kTrain, progress_line);
  add(EventKind::kValidation, event_line);
  add(EventKind::kEnd, event_line);

  for (const fs::path& report : evaluation_reports(directory)) text += "\n" + evaluation_text(read_evaluation_report(report));
  return text;
}

}  // namespace seg
