#include "report/per_image.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"

namespace seg {

namespace {

ImageCounts counts_of(const std::string& line, std::int64_t classes) {
  const nlohmann::json json = nlohmann::json::parse(line);
  ImageCounts image{json.at("id").get<std::string>(), std::vector<ClassPixels>(static_cast<std::size_t>(classes))};
  for (const auto& cell : json.at("confusion")) {
    const auto [truth, predicted, pixels] = cell.get<std::array<std::int64_t, 3>>();
    image.classes.at(static_cast<std::size_t>(truth)).truth += pixels;
    if (predicted >= 0) image.classes.at(static_cast<std::size_t>(predicted)).predicted += pixels;
    if (predicted == truth) image.classes.at(static_cast<std::size_t>(truth)).both += pixels;
  }
  return image;
}

}  // namespace

std::vector<ImageCounts> read_per_image(const std::filesystem::path& folder, std::int64_t classes) {
  const std::filesystem::path path = folder / "per_image.jsonl";
  if (!std::filesystem::exists(path)) return {};
  std::ifstream file(path);
  std::vector<ImageCounts> images;
  std::string line;
  try {
    while (std::getline(file, line)) images.push_back(counts_of(line, classes));
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kData, path.string() + ":" + std::to_string(images.size() + 1) + ": not the counts of an image (" + error.what() + ")",
                "segeval writes it anew");
  }
  std::stable_sort(images.begin(), images.end(), [](const ImageCounts& a, const ImageCounts& b) { return a.id < b.id; });
  return images;
}

}  // namespace seg
