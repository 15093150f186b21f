#include "report/run/panel_files.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

constexpr std::uintmax_t kMaxPictureBytes = std::uintmax_t{16} << 20;
constexpr const char* kIndexName = "index.json";

/// The digest gives every picture its own name, so that the pictures of the old index stay unchanged.
std::string file_name(const PanelPicture& picture) {
  Digest digest;
  digest.update(picture.png);
  return safe_file_name(picture.panel.title) + "-" + digest.hex().substr(0, 8) + ".png";
}

void remove_other_pictures(const std::vector<Panel>& kept, const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool listed = std::any_of(kept.begin(), kept.end(), [&](const Panel& panel) { return panel.file == name; });
    if (entry.path().extension() == ".png" && !listed) fs::remove(entry.path(), ignored);
  }
}

void write_index(const std::vector<Panel>& panels, const fs::path& folder) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Panel& panel : panels) {
    list.push_back({{"title", panel.title},
                    {"id", panel.id},
                    {"file", panel.file},
                    {"mean_iou", panel.mean_iou ? nlohmann::ordered_json(*panel.mean_iou) : nlohmann::ordered_json(nullptr)}});
  }
  const nlohmann::ordered_json index{{"panels", std::move(list)}};
  write_file_atomic(folder / kIndexName, index.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace

void write_panels(const std::vector<PanelPicture>& pictures, const fs::path& folder) {
  make_directories(folder);
  std::vector<Panel> panels;
  for (const PanelPicture& picture : pictures) {
    panels.push_back(picture.panel);
    panels.back().file = file_name(picture);
    write_file_atomic(folder / panels.back().file, picture.png);
  }
  write_index(panels, folder);
  remove_other_pictures(panels, folder);
}

std::vector<Panel> read_panel_index(const fs::path& folder) {
  const fs::path file = folder / kIndexName;
  if (!fs::exists(file)) return {};
  const std::string text = read_file(file, kMaxPictureBytes, ErrorKind::kData);
  try {
    std::vector<Panel> panels;
    const nlohmann::ordered_json index = nlohmann::ordered_json::parse(text);
    for (const auto& one : index.at("panels")) {
      Panel panel{one.at("title").get<std::string>(), one.at("id").get<std::string>(), one.at("file").get<std::string>(), std::nullopt};
      // A report shows only files in the folder.
      if (panel.file != safe_file_name(panel.file)) throw std::out_of_range("'" + panel.file + "' is not a file name");
      if (one.contains("mean_iou") && one["mean_iou"].is_number()) panel.mean_iou = one["mean_iou"].get<double>();
      panels.push_back(std::move(panel));
    }
    return panels;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kData, file.string() + ": not an index of panels (" + error.what() + ")", "remove the folder and run segeval again");
  }
}

std::string read_panel(const fs::path& folder, const Panel& panel) { return read_file(folder / panel.file, kMaxPictureBytes, ErrorKind::kData); }

nlohmann::ordered_json panel_values(const fs::path& folder) {
  nlohmann::ordered_json pictures = nlohmann::ordered_json::array();
  for (const Panel& panel : read_panel_index(folder)) {
    if (!fs::is_regular_file(folder / panel.file)) continue;
    pictures.push_back({{"title", panel.title},
                        {"which", ": " + panel.id + (panel.mean_iou ? ", mIoU " + percent(panel.mean_iou) + " %" : "")},
                        {"png", base64(read_panel(folder, panel))}});
  }
  if (pictures.empty()) return nullptr;
  return {{"pictures", std::move(pictures)}};
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t j) { return i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U; };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (unsigned digit = 0; digit < 4; ++digit) text += i + digit > bytes.size() ? '=' : kDigits[group >> (18 - 6 * digit) & 63U];
  }
  return text;
}

}  // namespace seg
