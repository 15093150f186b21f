// segtrain: trains one recipe.

#include <iostream>

#include "base/app.hpp"
#include "config/print.hpp"
#include "engine/train_command.hpp"

int main(int argc, char** argv) {
  seg::TrainCommand command;
  const seg::Program program{
      .name = "segtrain",
      .help = "Trains a segmentation network from one YAML file.",
      .options = {{"--config", "recipe: a path, or the name of a shipped one (synthia_recall.yaml, camvid_ce.yaml, ...)", &command.config},
                  {"--set", "key=value, such as train.batch_size=4; repeats", &command.overrides},
                  {"--run-dir", "folder of the run (default: runs/NAME)", &command.run_dir},
                  {"--resume", "auto: go on where the run stopped, or start; never: refuse a folder with a run; or a checkpoint file",
                   &command.resume},
                  {"--device", "auto, cpu, cuda or cuda:N", &command.device},
                  {"--print-config", "print the resolved configuration and stop", &command.print_config},
                  {"--dry-run", "check everything, time one step, train nothing", &command.dry_run}},
      .run = [&] { return seg::train(command, std::cout); },
      .footer = [] { return "Configuration keys:\n" + seg::config::help_text(seg::RunConfig()); },
  };
  return seg::run_program(program, argc, argv);
}
