#include "scores/frame_blocks.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string_view>

namespace seg {

namespace {

constexpr std::array<std::string_view, 2> kVideos = {"camvid", "synthia_seqs"};
constexpr std::int64_t kVideoBlock = 10;
constexpr const char* kDigits = "0123456789";

/// "val/0001TP_" of "val/0001TP_006690.png".
std::string sequence_of(const std::string& id) {
  const std::filesystem::path path(id);
  std::string stem = path.stem().string();
  if (const std::size_t last = stem.find_last_of(kDigits); last != std::string::npos) {
    const std::size_t before = stem.find_last_not_of(kDigits, last);
    stem.resize(before == std::string::npos ? 0 : before + 1);
  }
  return (path.parent_path() / stem).string();
}

}  // namespace

std::int64_t default_block(const std::string& dataset) {
  return std::find(kVideos.begin(), kVideos.end(), dataset) != kVideos.end() ? kVideoBlock : 1;
}

std::vector<std::vector<std::size_t>> frame_blocks(const std::vector<std::string>& ids, std::int64_t block) {
  std::map<std::string, std::vector<std::size_t>> sequences;
  for (std::size_t i = 0; i < ids.size(); ++i) sequences[sequence_of(ids[i])].push_back(i);
  std::vector<std::vector<std::size_t>> blocks;
  for (const auto& [name, frames] : sequences) {
    const std::size_t count = (frames.size() + static_cast<std::size_t>(block) - 1) / static_cast<std::size_t>(block);
    for (std::size_t b = 0; b < count; ++b) {
      const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(b * frames.size() / count);
      const auto end = frames.begin() + static_cast<std::ptrdiff_t>((b + 1) * frames.size() / count);
      blocks.emplace_back(begin, end);
    }
  }
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

}  // namespace seg
