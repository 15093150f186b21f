// segeval: scores a checkpoint on a split.

#include <iostream>

#include "base/app.hpp"
#include "data/splits.hpp"
#include "engine/commands/command_options.hpp"
#include "engine/commands/eval_command.hpp"

int main(int argc, char** argv) {
  seg::EvalCommand command;
  const seg::Program program{
      .name = "segeval",
      .help = "Scores a checkpoint: report.json, per_class.csv, confusion.csv, per_image.jsonl, pictures of chosen images and a table.",
      .options = {seg::checkpoint_option(&command.checkpoint),
                  seg::config_option(&command.config, "recipe whose data is scored on (default: the run's own data)"),
                  {.name = "--split",
                   .help = "train, val or test (default: test where its labels are public, else val)",
                   .value = &command.split,
                   .type = "NAME",
                   .words = seg::all_splits},
                  seg::set_option(&command.overrides, "eval.flip=true"),
                  {"--output", "folder of the reports (default: RUN/eval/SPLIT)", &command.output, "DIR"},
                  {"--tau-curve", "also score logit adjustments from -1 to 1 in the same pass: tau_curve.json, which segreport compare draws",
                   &command.tau_curve},
                  {.name = "--choose-tau",
                   .help = "say which logit adjustment gives the highest SCORE, on val if no --split is given",
                   .value = &command.choose_tau,
                   .type = "SCORE",
                   .words = seg::score_names},
                  seg::prediction_kind_option(&command.save_predictions,
                                              "also write what was predicted as PNGs to OUTPUT/predictions: ids (as in the "
                                              "data set's label files), train-ids or color"),
                  seg::device_option(&command.device)},
      .run = [&] { return seg::evaluate_checkpoint(command, std::cout); },
      .versions = seg::library_versions,
  };
  return seg::run_program(program, argc, argv);
}
