// What segpredict does, without its command line.
//
// For an image it writes OUTPUT/NAME.png. For a folder it does so for every image below it and keeps the relative paths. On demand it also writes
// NAME_overlay.png and NAME_probability.png. For a video it writes a video of the label colours, or of the overlay.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace seg {

struct PredictCommand {
  std::filesystem::path checkpoint;
  std::filesystem::path input;         // image, folder or video
  std::filesystem::path output;        // folder; or a .png for one image, or a file for a video
  bool overlay = false;                // also draw the classes over the image
  std::string save_predictions;        // "ids", "train-ids" or "color"; empty: ids, and for a video color
  std::string probability;             // class whose probability is drawn as a heat map; empty: none
  std::vector<std::string> overrides;  // "key=value"
  std::string device = "auto";
};

/// Prints to `out` what was written and how fast; returns the exit code. An image that cannot be read does not stop the others: the
/// log names the defect, and the command ends with kData. Throws Error.
int predict(const PredictCommand& command, std::ostream& out);

}  // namespace seg
