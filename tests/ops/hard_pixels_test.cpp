#include "ops/hard_pixels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace seg {
namespace {

/// By its definition: the valid pixels under the threshold, and as many of the others as are wanted, from the hardest on.
std::vector<bool> kept_by_hand(const std::vector<double>& p, const std::vector<bool>& valid, double threshold, std::size_t least) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (valid[i]) order.push_back(i);
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<bool> kept(p.size(), false);
  for (std::size_t rank = 0; rank < order.size(); ++rank) kept[order[rank]] = p[order[rank]] < threshold || rank < least;
  return kept;
}

TEST(HardPixels, AreThoseUnderTheThresholdOrTheHardest) {
  const std::vector<double> p{0.9, 0.1, 0.5, 0.05, 0.7, 0.2, 0.99, 0.3};
  const std::vector<bool> valid{true, true, true, false, true, true, true, true};
  torch::Tensor log_p = torch::tensor(p, torch::kDouble).log().to(torch::kFloat), mask = torch::empty({8}, torch::kBool);
  for (std::size_t i = 0; i < p.size(); ++i) mask[static_cast<std::int64_t>(i)] = static_cast<bool>(valid[i]);
  for (const std::int64_t least : {0, 1, 3, 4, 6, 7, 8, 100}) {  // fewer and more than are under the threshold, than are valid, and than there are
    const torch::Tensor found = hard_pixels(log_p, mask, 0.4, least);
    const std::vector<bool> expected = kept_by_hand(p, valid, 0.4, static_cast<std::size_t>(least));
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(found[static_cast<std::int64_t>(i)].item<bool>(), expected[i]) << least << ", pixel " << i;
  }
}

}  // namespace
}  // namespace seg
