// segdata: draws, checks, counts and shows data sets.

#include <CLI/CLI.hpp>
#include <opencv2/core/utility.hpp>

#include <iostream>

#include "base/app.hpp"
#include "base/error.hpp"
#include "data/synthesis/generate.hpp"
#include "engine/data_commands.hpp"

namespace {

struct Source {
  std::string config;
  std::vector<std::string> overrides;

  void add_to(CLI::App& verb) {
    verb.add_option("--config", config, "recipe whose data is meant")->required();
    verb.add_option("--set", overrides, "key=value, such as data.root=/data/camvid; repeats")->allow_extra_args(false);
  }
  seg::RunConfig load() const { return seg::load_run_config(config, overrides); }
};

/// "380x640" to a size.
seg::Size parse_size(const std::string& text) {
  seg::Size size;
  char separator = 0, rest = 0;
  std::istringstream stream(text);
  if (!(stream >> size.height >> separator >> size.width) || separator != 'x' || stream >> rest)
    throw seg::Error(seg::ErrorKind::kConfiguration, "--size " + text + " is no size", "give HEIGHTxWIDTH in pixels, such as 380x640");
  return size;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws, checks, counts and shows data sets.", "segdata");
  app.require_subcommand(1);
  Source source;
  seg::GenerateOptions generate;
  std::string size = to_string(generate.size);
  std::int64_t count = 8;
  std::filesystem::path output = "preview";

  auto* draw = app.add_subcommand("generate", "draw street scenes in the layout of a data set");
  draw->add_option("--layout", generate.layout, "synthia_seqs, synthia_rand, cityscapes, camvid or folder")->capture_default_str();
  draw->add_option("--output", generate.output, "folder to make")->required();
  draw->add_option("--count", generate.count, "images")->capture_default_str();
  draw->add_option("--size", size, "HEIGHTxWIDTH in pixels")->capture_default_str();
  draw->add_option("--seed", generate.seed, "the same seed gives the same files")->capture_default_str();
  auto* check = app.add_subcommand("check", "decode every file and list what is wrong (exit 3 if anything is)");
  auto* stats = app.add_subcommand("stats", "pixels and images per class, and the weights of every scheme");
  auto* preview = app.add_subcommand("preview", "write overlays of training samples after augmentation");
  for (auto* verb : {check, stats, preview}) source.add_to(*verb);
  preview->add_option("--count", count, "samples")->capture_default_str();
  preview->add_option("--output", output, "folder")->capture_default_str();

  return seg::run_app(app, argc, argv, [&] {
    cv::setNumThreads(1);
    if (*draw) {
      generate.size = parse_size(size);
      seg::generate_dataset(generate);
      std::cout << generate.count << " images in " << generate.output.string() << '\n';
    }
    if (*check) return seg::check_data(source.load(), std::cout);
    if (*stats) seg::print_statistics(source.load(), std::cout);
    if (*preview) seg::preview_data(source.load(), count, output, std::cout);
    return 0;
  });
}
