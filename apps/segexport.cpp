// segexport: a trained network as an ONNX file for other programs.

#include <iostream>

#include "base/app.hpp"
#include "export/export_command.hpp"

int main(int argc, char** argv) {
  seg::ExportCommand command;
  const seg::Program program{
      .name = "segexport",
      .help = "Writes a checkpoint's network as ONNX: image float32 [N,3,H,W], RGB 0..255, to logits [N,K,H,W].",
      .options = {{.name = "--checkpoint", .help = "such as runs/NAME/checkpoints/best.safetensors", .value = &command.checkpoint, .required = true},
                  {.name = "--output", .help = "file to write, such as model.onnx", .value = &command.output, .required = true},
                  {"--labels", "the output is labels int64 [N,H,W], the train ids, instead of logits", &command.labels},
                  {"--size", "fix height and width of the input, for programs that cannot do with any (default 0x0: any)", &command.size}},
      .run = [&] { return seg::export_checkpoint(command, std::cout); },
  };
  return seg::run_program(program, argc, argv);
}
