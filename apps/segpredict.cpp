// segpredict: predicts the labels of images, folders of images and videos with a trained network.

#include <iostream>

#include "base/app.hpp"
#include "engine/commands/command_options.hpp"
#include "engine/commands/predict_command.hpp"

int main(int argc, char** argv) {
  seg::PredictCommand command;
  const seg::Program program{
      .name = "segpredict",
      .help = "Predicts labels for an image, all images below a folder, or a video. It needs only the checkpoint.",
      .options = {seg::checkpoint_option(&command.checkpoint),
                  {.name = "--input", .help = "image, folder of images, or video", .value = &command.input, .type = "PATH", .required = true},
                  {.name = "--output",
                   .help = "folder for PNGs, with the images' relative paths; for one image also a .png, for a video an .mp4, .avi or .mkv",
                   .value = &command.output,
                   .type = "PATH",
                   .required = true},
                  {"--overlay", "also write NAME_overlay.png: the classes drawn over the image, with a legend (video: instead of plain colours)",
                   &command.overlay},
                  seg::prediction_kind_option(&command.save_predictions,
                                              "contents of the PNGs: ids (as in the data set's label files; the default), "
                                              "train-ids (in the order of the class table) or color"),
                  {"--probability", "also write NAME_probability.png: a heat map of the probability of this class, for example Pedestrian",
                   &command.probability, "CLASS"},
                  seg::set_option(&command.overrides, "eval.flip=true or eval.window=[512,512]"),
                  seg::device_option(&command.device)},
      .run = [&] { return seg::predict(command, std::cout); },
      .versions = seg::library_versions,
  };
  return seg::run_program(program, argc, argv);
}
