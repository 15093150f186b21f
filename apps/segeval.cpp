// segeval: scores a checkpoint on a split.

#include <iostream>

#include "base/app.hpp"
#include "engine/eval_command.hpp"

int main(int argc, char** argv) {
  seg::EvalCommand command;
  const seg::Program program{
      .name = "segeval",
      .help = "Scores a checkpoint: report.json, per_class.csv, confusion.csv, per_image.jsonl, pictures of chosen images and a table.",
      .options = {{.name = "--checkpoint", .help = "such as runs/NAME/checkpoints/best.safetensors", .value = &command.checkpoint, .required = true},
                  {"--config", "evaluate on this recipe's data instead of the run's own", &command.config},
                  {"--split", "train, val or test (default: test where its labels are public, else val)", &command.split},
                  {"--set", "key=value, such as eval.flip=true; repeats", &command.overrides},
                  {"--output", "folder of the reports (default: RUN/eval/SPLIT)", &command.output},
                  {"--save-predictions", "also write PNGs to OUTPUT/predictions: ids, train-ids or color", &command.save_predictions},
                  {"--device", "auto, cpu, cuda or cuda:N", &command.device}},
      .run = [&] { return seg::evaluate_checkpoint(command, std::cout); },
  };
  return seg::run_program(program, argc, argv);
}
