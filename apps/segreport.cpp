// segreport: summarises one run, or compares several runs.

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
    throw seg::Error(seg::ErrorKind::kConfiguration, "no run is given", "use segreport RUN_DIR, or segreport compare RUN_DIR... --output DIR");
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
      .help = "group runs by loss and print a table that compares them with cross entropy or another loss",
      .options = {{.name = "runs", .help = "directories of runs that have an evaluation", .value = &directories, .type = "RUN_DIR", .required = true},
                  {"--output", "folder for comparison.md, .csv, .json, .html and .svg (default: only print the table)", &output, "DIR"},
                  {.name = "--block",
                   .help = "consecutive frames that the bootstrap draws together; 0: 10 for video (camvid, synthia_seqs), 1 for single images",
                   .value = &options.block,
                   .type = "FRAMES",
                   .min = 0},
                  {"--baseline",
                   "loss to compare with, as the table names it, or a run of that loss (default: ce); if given twice, the table also has the mIoU "
                   "over the curve of the second",
                   &options.baselines, "NAME"},
                  {"--label", "LOSS=LABEL: call a loss LABEL in the tables; LOSS as for --baseline; may be given several times", &options.labels,
                   "LOSS=LABEL"}},
      .run = [&] { return compare(directories, output, options); },
  };
  const seg::Program program{
      .name = "segreport",
      .help = "Reports on training runs. It reads only their directories.",
      .options = {{"run", "directory of a run: prints a summary and its scores, and writes report.html there", &run, "RUN_DIR"}},
      .verbs = {comparison},
      .run = [&] { return summarise(run); },
  };
  return seg::run_program(program, argc, argv);
}
