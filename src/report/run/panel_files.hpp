// Pictures of an evaluation for its report: image | truth | prediction | errors of chosen images.
//
// They are in a folder "panels" beside report.json: PNG files, and index.json, which lists them in the order of display:
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
  Panel panel;  // write_panels sets `file`
  std::string png;
};

/// Replaces the pictures and index.json in `folder`, which is created if needed. Until this is complete, and after a failure, readers see the
/// old ones. Throws kStorage.
void write_panels(const std::vector<PanelPicture>& pictures, const std::filesystem::path& folder);
/// Empty if there is no index. Throws kData for an index with another format.
std::vector<Panel> read_panel_index(const std::filesystem::path& folder);

/// The bytes of its PNG file. Throws kData.
std::string read_panel(const std::filesystem::path& folder, const Panel& panel);

/// The panels for the template of a run, with their pictures (base64); panels whose file is missing are left out. Null if there are none.
nlohmann::ordered_json panel_values(const std::filesystem::path& folder);

/// RFC 4648, with padding.
std::string base64(const std::string& bytes);

}  // namespace seg
