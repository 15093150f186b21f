// segeval: scores a checkpoint on a split.

#include <CLI/CLI.hpp>

#include <iostream>

#include "base/app.hpp"
#include "engine/eval_command.hpp"

int main(int argc, char** argv) {
  CLI::App app("Scores a checkpoint: report.json, per_class.csv, confusion.csv, per_image.jsonl and a table.", "segeval");
  seg::EvalCommand command;
  app.add_option("--checkpoint", command.checkpoint, "such as runs/NAME/checkpoints/best.safetensors")->required();
  app.add_option("--config", command.config, "evaluate on this recipe's data instead of the run's own");
  app.add_option("--split", command.split, "train, val or test (default: test where its labels are public, else val)");
  app.add_option("--set", command.overrides, "key=value, such as eval.flip=true; repeats")->allow_extra_args(false);
  app.add_option("--output", command.output, "folder of the reports (default: RUN/eval/SPLIT)");
  app.add_option("--save-predictions", command.save_predictions, "also write PNGs to OUTPUT/predictions: ids, train-ids or color");
  app.add_option("--device", command.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  return seg::run_app(app, argc, argv, [&] { return seg::evaluate_checkpoint(command, std::cout); });
}
