// segreport: what a run did, and several runs held against each other.
#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/app.hpp"
#include "base/error.hpp"
#include "report/comparison.hpp"

namespace {

int compare(const std::vector<std::string>& directories, const std::string& output) {
  std::vector<seg::RunResult> runs;
  for (const std::string& directory : directories) runs.push_back(seg::read_run_result(directory));
  const seg::Comparison comparison = seg::compare_runs(std::move(runs));
  if (!output.empty()) seg::write_comparison(comparison, output);
  std::cout << seg::comparison_markdown(comparison);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Reports on training runs from their directories alone", "segreport");
  std::string run;
  app.add_option("run", run, "directory of a run: prints what it did and how it scored")->type_name("RUN_DIR");

  std::vector<std::string> directories;
  std::string output;
  CLI::App* comparison = app.add_subcommand("compare", "Groups runs by loss and prints a table against cross entropy");
  comparison->add_option("runs", directories, "directories of runs with an evaluation")->required()->type_name("RUN_DIR");
  comparison->add_option("--output", output, "folder for comparison.{md,csv,json,html}")->type_name("DIR");

  return seg::run_app(app, argc, argv, [&] {
    if (comparison->parsed()) return compare(directories, output);
    if (run.empty())
      throw seg::Error(seg::ErrorKind::kConfiguration, "no run named", "segreport RUN_DIR, or segreport compare RUN_DIR... --output DIR");
    std::cout << seg::run_summary(run);
    return 0;
  });
}
