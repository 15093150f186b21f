#include "report/run/per_image.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "report/run/run_paths.hpp"
#include "report/text_table.hpp"

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

/// A path may contain any bytes; invalid ones are replaced and are no error.
std::string line_of(const ordered_json& json) { return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n"; }

std::string image_line(const TauCurve& curve, std::size_t image) {
  ordered_json truth = ordered_json::array(), counts = ordered_json::array();
  for (const ClassPixels& one : curve.images.front()[image].classes) truth.push_back(one.truth);
  for (const std::vector<ImageCounts>& images : curve.images) {
    ordered_json& row = counts.emplace_back(ordered_json::array());
    for (const ClassPixels& one : images[image].classes) {
      row.push_back(one.predicted);
      row.push_back(one.both);
    }
  }
  return line_of({{"id", curve.images.front()[image].id}, {"truth", std::move(truth)}, {"counts", std::move(counts)}});
}

void read_image(const std::string& line, TauCurve& curve) {
  const ordered_json json = ordered_json::parse(line);
  const auto truth = json.at("truth").get<std::vector<std::int64_t>>();
  const auto counts = json.at("counts").get<std::vector<std::vector<std::int64_t>>>();
  for (std::size_t t = 0; t < curve.taus.size(); ++t) {
    ImageCounts& image = curve.images[t].emplace_back(ImageCounts{json.at("id").get<std::string>(), {}});
    for (std::size_t c = 0; c < truth.size(); ++c) image.classes.push_back({truth[c], counts.at(t).at(2 * c), counts.at(t).at(2 * c + 1)});
  }
}

std::string points_csv(const TauCurve& curve) {
  TextTable table{.header = {"tau"}, .rows = {}};
  for (const TauPoint& point : curve.points()) {
    const auto scores = named_scores(point.scores);
    if (table.rows.empty())
      for (const auto& [name, score] : scores) table.header.push_back(name);
    std::vector<std::string>& row = table.rows.emplace_back(std::vector<std::string>{fixed(point.tau, 1)});
    for (const auto& [name, score] : scores) row.push_back(exact(score));
  }
  return table.csv();
}

}  // namespace

void PerImageLog::add(const std::string& id, const ConfusionTable& confusion) {
  ordered_json cells = ordered_json::array();
  for (std::int64_t t = 0; t < confusion.classes; ++t) {
    for (std::int64_t p = 0; p <= confusion.classes; ++p) {
      if (const std::int64_t count = confusion.at(t, p); count > 0) cells.push_back({t, p < confusion.classes ? p : -1, count});
    }
  }
  lines_ += line_of({{"id", id}, {"confusion", std::move(cells)}});
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
                "run segeval to write it again");
  }
  std::stable_sort(images.begin(), images.end(), [](const ImageCounts& a, const ImageCounts& b) { return a.id < b.id; });
  return images;
}

void write_tau_curve(const TauCurve& curve, const std::filesystem::path& folder) {
  make_directories(folder);
  std::string lines = line_of({{"split", curve.split}, {"checkpoint", curve.checkpoint}, {"taus", curve.taus}});
  for (std::size_t image = 0; !curve.images.empty() && image < curve.images.front().size(); ++image) lines += image_line(curve, image);
  write_file_atomic(EvaluationPaths{folder}.tau_counts(), lines);
  write_file_atomic(EvaluationPaths{folder}.tau_curve(), points_csv(curve));
}

TauCurve read_tau_curve(const std::filesystem::path& folder) {
  const std::filesystem::path path = EvaluationPaths{folder}.tau_counts();
  TauCurve curve;
  if (!std::filesystem::exists(path)) return curve;
  std::ifstream file(path);
  std::int64_t number = 1;
  try {
    std::string line;
    std::getline(file, line);
    const ordered_json head = ordered_json::parse(line);
    curve.split = head.at("split").get<std::string>();
    curve.checkpoint = head.at("checkpoint").get<std::string>();
    curve.taus = head.at("taus").get<std::vector<double>>();
    curve.images.resize(curve.taus.size());
    for (++number; std::getline(file, line); ++number) read_image(line, curve);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kData, path.string() + ":" + std::to_string(number) + ": not the counts of logit adjustments (" + error.what() + ")",
                "run segeval --tau-curve to write it again");
  }
  for (std::vector<ImageCounts>& images : curve.images) std::ranges::stable_sort(images, {}, &ImageCounts::id);
  return curve;
}

}  // namespace seg
