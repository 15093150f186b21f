// segtrain: trains one recipe.

#include <iostream>

#include "base/app.hpp"
#include "config/print.hpp"
#include "engine/commands/command_options.hpp"
#include "engine/commands/train_command.hpp"

int main(int argc, char** argv) {
  seg::TrainCommand command;
  const seg::Program program{
      .name = "segtrain",
      .help = "Trains a segmentation network from one YAML file.",
      .options = {seg::config_option(&command.config, "recipe: a path, or the name of a shipped recipe, such as camvid_ce.yaml"),
                  seg::set_option(&command.overrides, "train.batch_size=4"),
                  {"--run-dir", "folder of the run (default: runs/NAME, where NAME is the recipe's `name`)", &command.run_dir, "DIR"},
                  {.name = "--resume",
                   .help = "never: refuse a folder that holds a run; auto: resume the run, or start one; or a checkpoint file to resume from",
                   .value = &command.resume,
                   .type = "HOW",
                   .words =
                       [] {
                         return std::vector<std::string>{"auto", "never", seg::kAnyPath};
                       }},
                  seg::device_option(&command.device),
                  {"--print-config", "print the resolved configuration and stop", &command.print_config},
                  {"--dry-run", "check everything, time one step, print how long the run would take; train nothing", &command.dry_run}},
      .run = [&] { return seg::train(command, std::cout); },
      .footer = [] { return "Configuration keys (key, default, unit, range or choices, description):\n" + seg::config::help_text(seg::RunConfig()); },
      .versions = seg::library_versions,
  };
  return seg::run_program(program, argc, argv);
}
