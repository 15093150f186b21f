// Chooses the images that an evaluation report shows, by their scores, and draws their pictures: image | truth | prediction | errors.
//
// These are the images with the best, the median and the worst mIoU, and for each rare class (less than kRareShare of the ground-truth pixels of the
// split; at most kMostRareClasses, the rarest) the image with the most ground-truth pixels of that class. The latter is always the same image, so
// that validations and losses can be compared.
#pragma once

#include <string>
#include <vector>

#include "engine/evaluation/evaluator.hpp"
#include "report/run/panel_files.hpp"

namespace seg {

/// Receives the score of every image and stores what the choice needs: one number per image and a few per class.
class PanelChoice {
 public:
  static constexpr std::size_t kMostRareClasses = 12;

  /// `own`: the confusion matrix of this image.
  void add(const std::string& id, const ConfusionTable& own);
  /// Title, id and mean IoU of each panel; empty if no image has a score.
  std::vector<Panel> panels(const ClassTable& classes) const;

 private:
  struct ImageScore {
    std::string id;
    std::optional<double> mean_iou;
  };
  struct ClassPixels {
    std::int64_t all = 0;
    std::int64_t most = 0;     // largest pixel count in one image
    std::size_t image_of = 0;  // index of that image
  };

  std::vector<ImageScore> images_;
  std::vector<ClassPixels> classes_;
};

/// Predicts the chosen images again, as evaluate() did with the same arguments, and draws them. An image that can no longer be read is
/// skipped with a log line. Ends early if should_stop returns true.
std::vector<PanelPicture> draw_panels(const std::vector<Panel>& panels, const Inference& inference, const Dataset& dataset,
                                      const EvaluationRequest& request);

}  // namespace seg
