// segpredict: labels images, folders of images and videos with a trained network.

#include <iostream>

#include "base/app.hpp"
#include "engine/predict_command.hpp"

int main(int argc, char** argv) {
  seg::PredictCommand command;
  const seg::Program program{
      .name = "segpredict",
      .help = "Labels an image, all images below a folder, or a video with a trained network; needs the checkpoint alone.",
      .options = {{.name = "--checkpoint", .help = "such as runs/NAME/checkpoints/best.safetensors", .value = &command.checkpoint, .required = true},
                  {.name = "--input", .help = "image, folder of images, or video", .value = &command.input, .required = true},
                  {.name = "--output",
                   .help = "folder for PNGs under the images' relative paths; for one image also a .png, for a video an .mp4, .avi or .mkv",
                   .value = &command.output,
                   .required = true},
                  {"--overlay", "also write NAME_overlay.png: the classes over the image, with a legend (a video: instead of plain colours)",
                   &command.overlay},
                  {"--save-predictions", "what the PNGs hold: ids (the default), train-ids or color", &command.save_predictions},
                  {"--probability", "also write NAME_probability.png: a heat map of this class, such as Pedestrian", &command.probability},
                  {"--set", "key=value, such as eval.flip=true or eval.window=[512,512]; repeats", &command.overrides},
                  {"--device", "auto, cpu, cuda or cuda:N", &command.device}},
      .run = [&] { return seg::predict(command, std::cout); },
  };
  return seg::run_program(program, argc, argv);
}
