#include "data/splits.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/random.hpp"

namespace seg {
namespace {

constexpr std::int64_t kTrainTenths = 7;
constexpr std::int64_t kTrainAndValTenths = 8;

FrameRange range_of(std::int64_t count, const std::string& split) {
  const std::int64_t train_end = count * kTrainTenths / 10;
  const std::int64_t val_end = count * kTrainAndValTenths / 10;
  if (split == "train") return {0, train_end};
  if (split == "val") return {train_end, val_end};
  if (split == "test") return {val_end, count};
  throw Error(ErrorKind::kConfiguration, "there is no split '" + split + "'", "splits are train, val and test");
}

}  // namespace

const std::vector<std::string>& all_splits() {
  static const std::vector<std::string> splits = {"train", "val", "test"};
  return splits;
}

std::vector<std::int64_t> random_split(std::int64_t count, const std::string& split, std::uint64_t seed) {
  const FrameRange range = range_of(count, split);
  const std::vector<std::int64_t> order = Random(seed_of({seed})).permutation(count);
  std::vector<std::int64_t> chosen(order.begin() + range.begin, order.begin() + range.end);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

FrameRange blocked_split(std::int64_t frames, const std::string& split, std::int64_t gap) {
  FrameRange range = range_of(frames, split);
  const std::int64_t kept_gap = std::min(gap, frames / 20);
  if (split == "train") range.end -= kept_gap;
  if (split == "test") range.begin += kept_gap;
  return range;
}

}  // namespace seg
