// The images that a report of an evaluation shows, chosen by their scores, and their pictures: image | truth | prediction | errors.
//
// Shown are the images with the best, the median and the worst mIoU of their own, and for each rare class (less than kRareShare of
// the truth pixels of the split; at most kMostRareClasses, the rarest) the image with most truth pixels of it: always the same one,
// so that validations and losses can be compared.
#pragma once

#include <string>
#include <vector>

#include "engine/evaluation/evaluator.hpp"
#include "report/run/panel_files.hpp"

namespace seg {

/// Sees the score of every image and remembers what the choice needs: a number an image, a few a class.
class PanelChoice {
 public:
  static constexpr std::size_t kMostRareClasses = 12;

  /// `own`: the confusion of this image alone.
  void add(const std::string& id, const ConfusionTable& own);
  /// Title, id and mean IoU of each panel; empty where no image has a score.
  std::vector<Panel> panels(const ClassTable& classes) const;

 private:
  struct ImageScore {
    std::string id;
    std::optional<double> mean_iou;
  };
  struct ClassPixels {
    std::int64_t all = 0;
    std::int64_t most = 0;     // in one image
    std::size_t image_of = 0;  // which one
  };

  std::vector<ImageScore> images_;
  std::vector<ClassPixels> classes_;
};

/// Predicts the chosen images again, as evaluate() did with the same arguments, and draws them. An image that cannot be read any
/// more is named in the log and left out. Ends early where should_stop says so.
std::vector<PanelPicture> draw_panels(const std::vector<Panel>& panels, const Inference& inference, const Dataset& dataset,
                                      const EvaluationRequest& request);

}  // namespace seg
