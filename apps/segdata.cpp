// segdata: draws, checks, counts and shows data sets.

#include <opencv2/core/utility.hpp>

#include <iostream>

#include "base/app.hpp"
#include "config/text.hpp"
#include "engine/commands/command_options.hpp"
#include "engine/commands/data_commands.hpp"
#include "synthesis/generate.hpp"
#include "synthesis/layouts.hpp"

namespace {

struct Draw {
  seg::GenerateOptions options;

  seg::Verb verb() {
    return {.name = "generate",
            .help = "draw street scenes in the layout of a data set",
            .options = {{.name = "--layout",
                         .help = "data set whose folders and ids are imitated: " + seg::config::joined(seg::synthesis::layout_names()),
                         .value = &options.layout,
                         .type = "NAME",
                         .words = seg::synthesis::layout_names},
                        {.name = "--output", .help = "folder to create", .value = &options.output, .type = "DIR", .required = true},
                        {"--count", "total number of images", &options.count},
                        {"--size", "height x width in pixels", &options.size},
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
    seg::Option recipe = seg::config_option(&config, "recipe that names the data: a path, or the name of a shipped recipe");
    recipe.required = true;
    return {recipe, seg::set_option(&overrides, "data.root=/data/camvid")};
  }
  seg::RunConfig load() const { return seg::load_run_config(config, overrides); }

  seg::Verb check() {
    return {"check", "decode every file and list all problems (exit code 3 if there are any)", source(),
            [this] { return seg::check_data(load(), std::cout); }};
  }
  seg::Verb stats() {
    std::vector<seg::Option> options = source();
    options.push_back({"--html", "also write an HTML page with charts to this file", &html, "FILE"});
    return {"stats", "pixels and images per class, and the class weights of every scheme", options, [this] {
              seg::print_statistics(load(), html, std::cout);
              return 0;
            }};
  }
  seg::Verb preview() {
    std::vector<seg::Option> options = source();
    options.push_back({"--count", "samples to write", &count});
    options.push_back({"--output", "folder to write them to", &output, "DIR"});
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
  const seg::Program program{.name = "segdata",
                             .help = "Draws, checks, counts and shows data sets.",
                             .verbs = {draw.verb(), look.check(), look.stats(), look.preview()},
                             .versions = seg::library_versions};
  return seg::run_program(program, argc, argv);
}
