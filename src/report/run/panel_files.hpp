// Pictures of an evaluation for its report: image | truth | prediction | errors of chosen images.
//
// They lie in a folder "panels" beside report.json: PNG files, and index.json, which names them in the order they are shown:
//   {"panels": [{"title": "worst", "id": "val/0001", "file": "worst-0f3a9c21.png", "mean_iou": 0.31}, ...]}; mean_iou may be null.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seg {

struct Panel {
  std::string title;
  std::string id;    // of the image
  std::string file;  // name in the folder
  std::optional<double> mean_iou;
};

struct PanelPicture {
  Panel panel;  // `file` is named by write_panels
  std::string png;
};

/// Writes the pictures and index.json in place of those that `folder` holds; the folder is made. Whoever reads meanwhile, or after a
/// failure, finds the old ones. Throws kStorage.
void write_panels(const std::vector<PanelPicture>& pictures, const std::filesystem::path& folder);
/// Nothing where there is no index. Throws kData for an index of another form.
std::vector<Panel> read_panel_index(const std::filesystem::path& folder);

/// The bytes of its PNG file. Throws kData.
std::string read_panel(const std::filesystem::path& folder, const Panel& panel);

/// The panels for the template of a run, with their pictures (base64); those whose file is missing are left out. Null without any.
nlohmann::ordered_json panel_values(const std::filesystem::path& folder);

/// RFC 4648, with padding.
std::string base64(const std::string& bytes);

}  // namespace seg
