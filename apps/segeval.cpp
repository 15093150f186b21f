// segeval: evaluates a checkpoint on a split.

#include <iostream>

#include "base/app.hpp"
#include "data/splits.hpp"
#include "engine/commands/command_options.hpp"
#include "engine/commands/eval_command.hpp"

int main(int argc, char** argv) {
  seg::EvalCommand command;
  const seg::Program program{
      .name = "segeval",
      .help = "Evaluates a checkpoint. Writes report.json, per_class.csv, confusion.csv, per_image.jsonl and pictures, and prints a table.",
      .options = {seg::checkpoint_option(&command.checkpoint),
                  seg::config_option(&command.config, "recipe that names the data to evaluate on (default: the data of the run)"),
                  {.name = "--split",
                   .help = "train, val or test (default: test where its labels are public, else val)",
                   .value = &command.split,
                   .type = "NAME",
                   .words = seg::all_splits},
                  seg::set_option(&command.overrides, "eval.flip=true"),
                  {"--output", "folder of the reports (default: RUN/eval/SPLIT)", &command.output, "DIR"},
                  {"--tau-curve", "also evaluate logit adjustments from -1 to 1 in the same pass; writes tau_curve.csv and tau_counts.jsonl",
                   &command.tau_curve},
                  {.name = "--choose-tau",
                   .help = "print the logit adjustment with the highest SCORE; on val if no --split is given",
                   .value = &command.choose_tau,
                   .type = "SCORE",
                   .words = seg::score_names},
                  seg::prediction_kind_option(&command.save_predictions,
                                              "also write the predictions as PNGs to OUTPUT/predictions: ids (as in the "
                                              "data set's label files), train-ids or color"),
                  seg::device_option(&command.device)},
      .run = [&] { return seg::evaluate_checkpoint(command, std::cout); },
      .versions = seg::library_versions,
  };
  return seg::run_program(program, argc, argv);
}
