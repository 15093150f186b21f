#include "report/comparison/labels.hpp"

#include <set>

#include "base/error.hpp"

namespace seg {

namespace {

std::string in_quotes(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

/// "jaccard, rare_class" for "sum {ce: 0.25, soft_iou: 0.75}, rare_class"; the loss itself where it is not made of parts or its runs differ in name.
std::string default_label(const std::string& loss, const std::set<std::string>& run_names) {
  const std::size_t parts = loss.find('{'), end = loss.rfind('}');
  if (parts == std::string::npos || end == std::string::npos || run_names.size() != 1) return loss;
  return *run_names.begin() + loss.substr(end + 1);
}

}  // namespace

const RunDescription& run_named(const std::string& option, const std::string& name, const std::vector<RunResult>& runs) {
  std::set<std::string> all, fitting;
  const RunDescription* found = nullptr;
  for (const RunResult& one : runs) {
    const RunDescription& run = one.run;
    if (name == run.loss || name == run.label) return run;
    all.insert(run.label);
    const std::filesystem::path directory = (run.directory / "").parent_path();  // without a trailing slash
    if (name != run.name && name != directory.filename() && name != directory && name != run.directory) continue;
    found = &run;
    fitting.insert(run.label);
  }
  if (found == nullptr)
    throw Error(ErrorKind::kConfiguration, option + ": no run has the loss, the name or the directory '" + name + "'",
                "the runs have the losses " + in_quotes(all));
  if (fitting.size() > 1)
    throw Error(ErrorKind::kConfiguration, option + ": '" + name + "' matches runs of several losses: " + in_quotes(fitting),
                "use one of these losses");
  return *found;
}

std::map<std::string, std::string> label_runs(std::vector<RunResult>& runs, const std::vector<std::string>& wanted) {
  std::map<std::string, std::set<std::string>> run_names;  // by loss
  for (RunResult& run : runs) {
    run.run.label = run.run.loss;
    run_names[run.run.loss].insert(run.run.name);
  }
  std::map<std::string, std::string> labels;  // by loss
  for (const auto& [loss, names] : run_names) labels[loss] = default_label(loss, names);
  for (const std::string& one : wanted) {
    const std::size_t sign = one.rfind('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == one.size())
      throw Error(ErrorKind::kConfiguration, "--label: '" + one + "' is not LOSS=LABEL", "such as --label recall='recall loss'");
    labels[run_named("--label", one.substr(0, sign), runs).loss] = one.substr(sign + 1);
  }
  std::map<std::string, std::string> shortened;
  std::set<std::string> taken;
  for (const auto& [loss, label] : labels) {
    if (!taken.insert(label).second)
      throw Error(ErrorKind::kConfiguration, "two losses would be called '" + label + "'", "give one of them another name with --label");
    if (label != loss) shortened[label] = loss;
  }
  for (RunResult& run : runs) run.run.label = labels.at(run.run.loss);
  return shortened;
}

}  // namespace seg
