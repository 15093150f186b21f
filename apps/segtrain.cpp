// segtrain: trains one recipe.

#include <CLI/CLI.hpp>

#include <iostream>

#include "base/app.hpp"
#include "config/print.hpp"
#include "engine/train_command.hpp"

int main(int argc, char** argv) {
  CLI::App app("Trains a segmentation network from one YAML file.", "segtrain");
  seg::TrainCommand command;
  app.add_option("--config", command.config, "recipe: a path, or the name of a shipped one (synthia_recall.yaml, camvid_ce.yaml, ...)");
  app.add_option("--set", command.overrides, "key=value, such as train.batch_size=4; repeats")->allow_extra_args(false);
  app.add_option("--run-dir", command.run_dir, "folder of the run (default: runs/NAME)");
  app.add_option("--resume", command.resume, "auto: go on where the run stopped, or start; never: refuse a folder with a run; or a checkpoint file")
      ->capture_default_str();
  app.add_option("--device", command.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_flag("--print-config", command.print_config, "print the resolved configuration and stop");
  app.add_flag("--dry-run", command.dry_run, "check everything, time one step, train nothing");
  app.footer([] { return "Configuration keys:\n" + seg::config::help_text(seg::RunConfig()); });
  return seg::run_app(app, argc, argv, [&] { return seg::train(command, std::cout); });
}
