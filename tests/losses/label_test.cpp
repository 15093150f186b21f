#include <gtest/gtest.h>

#include "base/error.hpp"
#include "config/document.hpp"
#include "losses/loss_registry.hpp"

namespace seg {
namespace {

LossOptions options_from(const std::string& yaml) {
  LossOptions options;
  config::Document::from_text(yaml, "test", {}).read_into(options);
  return options;
}

TEST(LossLabel, IsTheTypeWhereNothingDiffers) {
  for (const std::string& type : loss_names()) EXPECT_EQ(loss_label(options_from("type: " + type)), type);
}

TEST(LossLabel, TellsWhatDiffers) {
  for (const auto& [yaml, label] : std::map<std::string, std::string>{
           {"{type: ce, weighting: enet}", "ce+enet"},
           {"{type: ce, weighting: uniform, normalizer: weight_sum}", "ce"},
           {"{type: ce, weighting: recall, error_rate: {momentum: 0.9}}", "ce+recall error_rate.momentum 0.9"},
           {"{type: weighted_ce, weighted_ce: {scheme: enet}}", "weighted_ce:enet"},
           {"{type: weighted_ce, weighted_ce: {scheme: manual, weights: {pole: 4}}}", "weighted_ce:manual weights {pole: 4}"},
           {"{type: weighted_ce, normalizer: valid_pixels}", "weighted_ce normalizer valid_pixels"},
           {"{type: recall, error_rate: {smoothing: none, momentum: 0.9}}", "recall error_rate.smoothing none error_rate.momentum 0.9"},
           {"{type: focal, weighting: median_frequency, focal: {gamma: 1}}", "focal+median_frequency gamma 1"},
           {"{type: sum, weighting: enet, sum: {ce: 1, ohem: 2}, ohem: {threshold: 0.5}}", "sum+enet ohem.threshold 0.5 {ce: 1, ohem: 2}"},
       })
    EXPECT_EQ(loss_label(options_from(yaml)), label) << yaml;
}

TEST(LossLabel, LeavesOutBlocksThatAreNotUsed) {
  EXPECT_EQ(loss_label(options_from("{type: ce, error_rate: {momentum: 0.9}, weighted_ce: {scheme: enet}, focal: {gamma: 1}}")), "ce");
}

TEST(CheckLoss, RefusesAWeightingThatNothingFollows) {
  for (const char* yaml : {"{type: soft_iou, weighting: enet}", "{type: recall, weighting: enet}", "{type: sum, sum: {lovasz: 1}, weighting: enet}"})
    EXPECT_THROW(check_loss(options_from(yaml)), Error) << yaml;
  EXPECT_NO_THROW(check_loss(options_from("{type: sum, sum: {ce: 1, lovasz: 1}, weighting: enet}")));
}

}  // namespace
}  // namespace seg
