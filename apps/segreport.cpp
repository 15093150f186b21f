// segreport: what a run did, and several runs held against each other.

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/app.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "report/pages/comparison_page.hpp"
#include "report/pages/run_page.hpp"
#include "report/pages/side_by_side.hpp"
#include "report/run/run_paths.hpp"

namespace {

int summarise(const std::string& directory) {
  if (directory.empty())
    throw seg::Error(seg::ErrorKind::kConfiguration, "no run named", "segreport RUN_DIR, or segreport compare RUN_DIR... --output DIR");
  std::cout << seg::run_summary(directory);
  seg::write_run_page(directory);
  std::cout << "report: " << seg::RunPaths{directory}.page().string() << '\n';
  return 0;
}

int compare(const std::vector<std::string>& directories, const std::filesystem::path& output, const seg::ComparisonOptions& options) {
  std::vector<seg::RunResult> runs;
  runs.reserve(directories.size());
  for (const std::string& directory : directories) runs.push_back(seg::read_run_result(directory));
  const seg::Comparison comparison = seg::compare_runs(std::move(runs), options);
  if (!output.empty()) {
    seg::write_comparison(comparison, output);
    const std::string pictures = seg::side_by_side(comparison);
    if (!pictures.empty()) seg::write_file_atomic(output / "comparison.svg", pictures);
    seg::write_file_atomic(output / "comparison.html", seg::comparison_page(comparison, pictures));
  }
  std::cout << seg::comparison_markdown(comparison);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string run;
  std::filesystem::path output;
  std::vector<std::string> directories;
  seg::ComparisonOptions options;
  const seg::Verb comparison{
      .name = "compare",
      .help = "group runs by loss and print a table against cross entropy or another of them",
      .options = {{.name = "runs", .help = "directories of runs with an evaluation", .value = &directories, .type = "RUN_DIR", .required = true},
                  {"--output", "folder for comparison.md, .csv, .json, .html and .svg (default: only print the table)", &output, "DIR"},
                  {.name = "--block",
                   .help = "consecutive frames that the bootstrap draws together; 0: 10 for video (camvid, synthia_seqs), 1 for single images",
                   .value = &options.block,
                   .type = "FRAMES",
                   .min = 0},
                  {"--baseline",
                   "loss that the others are held against, as the table names it, or a run of it (default: ce); given twice, the table also has the "
                   "heights over the curve of the second",
                   &options.baselines, "NAME"},
                  {"--label", "LOSS=LABEL: call a loss, or the loss of a run named by its name or directory, LABEL in the tables; repeats",
                   &options.labels, "LOSS=LABEL"}},
      .run = [&] { return compare(directories, output, options); },
  };
  const seg::Program program{
      .name = "segreport",
      .help = "Reports on training runs from their directories alone.",
      .options = {{"run", "directory of a run: prints what it did and how it scored, and writes report.html there", &run, "RUN_DIR"}},
      .verbs = {comparison},
      .run = [&] { return summarise(run); },
  };
  return seg::run_program(program, argc, argv);
}
