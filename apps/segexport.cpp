// segexport: a trained network as an ONNX file for other programs.

#include <iostream>

#include "base/app.hpp"
#include "engine/commands/command_options.hpp"
#include "export/export_command.hpp"

int main(int argc, char** argv) {
  seg::ExportCommand command;
  const seg::Program program{
      .name = "segexport",
      .help = "Writes a checkpoint's network as ONNX. Input: image float32 [N,3,H,W], RGB 0..255. Output: logits [N,K,H,W].",
      .options = {seg::checkpoint_option(&command.checkpoint),
                  {.name = "--output", .help = "file to write, for example model.onnx", .value = &command.output, .type = "FILE", .required = true},
                  seg::set_option(&command.overrides, "eval.logit_adjustment=0.3"),
                  {"--labels", "output labels int64 [N,H,W], train ids (in the order of the class table), instead of logits", &command.labels},
                  {"--size", "fix height and width of the input, for programs that need a fixed size (default: any size)", &command.size}},
      .run = [&] { return seg::export_checkpoint(command, std::cout); },
      .versions = seg::library_versions,
  };
  return seg::run_program(program, argc, argv);
}
