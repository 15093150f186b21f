// The program segpredict behind its command line.
//
// An image gives OUTPUT/NAME.png; a folder the same for every image below it, under its path relative to the folder. Beside it on demand
// NAME_overlay.png and NAME_probability.png. A video gives a video of label colours, or of the overlay.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace seg {

struct PredictCommand {
  std::filesystem::path checkpoint;
  std::filesystem::path input;         // image, folder or video
  std::filesystem::path output;        // folder; for one image also a .png, for a video a file
  bool overlay = false;                // also draw the classes over the image
  std::string save_predictions;        // "ids", "train-ids" or "color"; empty: ids, and for a video color
  std::string probability;             // class whose probability is drawn as a heat map; empty: none
  std::vector<std::string> overrides;  // "key=value"
  std::string device = "auto";
};

/// Prints to `out` what was written and how fast; returns the exit code. An image that cannot be read does not stop the others: the
/// log has its defect, and all ends with kData. Throws Error.
int predict(const PredictCommand& command, std::ostream& out);

}  // namespace seg
