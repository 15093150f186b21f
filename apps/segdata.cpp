// segdata: draws, checks, counts and shows data sets.

#include <opencv2/core/utility.hpp>

#include <iostream>

#include "base/app.hpp"
#include "config/text.hpp"
#include "data/synthesis/generate.hpp"
#include "data/synthesis/layouts.hpp"
#include "engine/data_commands.hpp"

namespace {

struct Draw {
  seg::GenerateOptions options;

  seg::Verb verb() {
    return {.name = "generate",
            .help = "draw street scenes in the layout of a data set",
            .options = {{"--layout", seg::config::joined(seg::synthesis::layout_names()), &options.layout},
                        {.name = "--output", .help = "folder to make", .value = &options.output, .required = true},
                        {"--count", "images", &options.count},
                        {"--size", "height and width in pixels", &options.size},
                        {"--seed", "the same seed gives the same files", &options.seed}},
            .run = [this] { return run(); }};
  }

  int run() {
    seg::generate_dataset(options);
    std::cout << options.count << " images in " << options.output.string() << '\n';
    return 0;
  }
};

/// The verbs that look at the data of a recipe.
struct Look {
  std::string config;
  std::vector<std::string> overrides;
  std::int64_t count = 8;
  std::filesystem::path output = "preview";
  std::filesystem::path html;

  std::vector<seg::Option> source() {
    return {{.name = "--config", .help = "recipe whose data is meant", .value = &config, .required = true},
            {"--set", "key=value, such as data.root=/data/camvid; repeats", &overrides}};
  }
  seg::RunConfig load() const { return seg::load_run_config(config, overrides); }

  seg::Verb check() {
    return {"check", "decode every file and list what is wrong (exit 3 if anything is)", source(),
            [this] { return seg::check_data(load(), std::cout); }};
  }
  seg::Verb stats() {
    std::vector<seg::Option> options = source();
    options.push_back({"--html", "also write them to this page, with charts", &html, "FILE"});
    return {"stats", "pixels and images per class, and the weights of every scheme", options, [this] {
              seg::print_statistics(load(), html, std::cout);
              return 0;
            }};
  }
  seg::Verb preview() {
    std::vector<seg::Option> options = source();
    options.push_back({"--count", "samples", &count});
    options.push_back({"--output", "folder", &output});
    return {"preview", "write overlays of training samples after augmentation, and sheet.png with all of them", options, [this] {
              seg::preview_data(load(), count, output, std::cout);
              return 0;
            }};
  }
};

}  // namespace

int main(int argc, char** argv) {
  cv::setNumThreads(1);  // images are spread over our own pool
  Draw draw;
  Look look;
  const seg::Program program{
      .name = "segdata", .help = "Draws, checks, counts and shows data sets.", .verbs = {draw.verb(), look.check(), look.stats(), look.preview()}};
  return seg::run_program(program, argc, argv);
}
