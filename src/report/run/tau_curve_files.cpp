#include "report/run/tau_curve_files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "report/run/run_paths.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

/// A path may hold any bytes; a bad one is replaced, not an error.
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
                "segeval --tau-curve writes it anew");
  }
  for (std::vector<ImageCounts>& images : curve.images) std::ranges::stable_sort(images, {}, &ImageCounts::id);
  return curve;
}

}  // namespace seg
