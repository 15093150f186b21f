#include "report/run/per_image.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "report/run/run_paths.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

ImageCounts counts_of(const std::string& line, std::int64_t classes) {
  const ordered_json json = ordered_json::parse(line);
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

void PerImageLog::add(const std::string& id, const ConfusionTable& confusion) {
  ordered_json cells = ordered_json::array();
  for (std::int64_t t = 0; t < confusion.classes; ++t) {
    for (std::int64_t p = 0; p <= confusion.classes; ++p) {
      if (const std::int64_t count = confusion.at(t, p); count > 0) cells.push_back({t, p < confusion.classes ? p : -1, count});
    }
  }
  const ordered_json line = {{"id", id}, {"confusion", std::move(cells)}};
  // A path may hold any bytes; a bad one is replaced, not an error.
  lines_ += line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

void PerImageLog::write(const std::filesystem::path& folder) const {
  make_directories(folder);
  write_file_atomic(EvaluationPaths{folder}.per_image(), lines_);
}

std::vector<ImageCounts> read_per_image(const std::filesystem::path& folder, std::int64_t classes) {
  const std::filesystem::path path = EvaluationPaths{folder}.per_image();
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
