#include "data/listing.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {
namespace {

void require_folder(const fs::path& folder, const std::string& hint) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) throw MissingFolder(ErrorKind::kData, "there is no data folder " + folder.string(), hint);
}

std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) entries.push_back(*it);
  if (error) throw Error(ErrorKind::kData, "cannot list the folder " + folder.string() + ": " + error.message(), "check its permissions");
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path().native() < b.path().native(); });
  return entries;
}

constexpr std::size_t kNamesShown = 10;

/// Logs the names that `first_ten` leaves out, one line each.
void log_beyond_ten(const std::string& defect, const std::vector<std::string>& names) {
  for (std::size_t i = kNamesShown; i < names.size(); ++i) spdlog::error("{}: {}", defect, names[i]);
}

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

/// Uses the type in the folder's listing if it is there, so that ten thousand files need no system call each.
bool is_folder(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.is_directory(error);  // a broken or circular link is not a folder
}

/// Adds a file of the tree at `root` if its name ends in `suffix`.
void add_file(FilesByStem& files, const fs::path& file, const fs::path& root, const std::string& suffix) {
  std::string stem = file.lexically_relative(root).generic_string();
  if (suffix.empty() ? !has_image_extension(file) : !stem.ends_with(suffix)) return;
  stem.resize(stem.size() - (suffix.empty() ? file.extension().native().size() : suffix.size()));
  const auto [place, is_new] = files.emplace(stem, file);
  if (!is_new) {
    throw Error(ErrorKind::kData, "two files have the same name: " + place->second.string() + " and " + file.string(), "remove one of them");
  }
}

}  // namespace

bool has_image_extension(const fs::path& path) {
  static const std::set<std::string> extensions = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extensions.contains(extension);
}

FilesByStem find_by_stem(const fs::path& folder, const std::string& suffix, const std::string& hint) {
  require_folder(folder, hint);
  FilesByStem files;
  std::set<fs::path> visited;
  const std::function<void(const fs::path&)> enter = [&](const fs::path& place) {
    if (!visited.insert(fs::canonical(place)).second) return;
    for (const fs::directory_entry& entry : sorted_entries(place)) {
      if (is_hidden(entry.path())) continue;
      if (is_folder(entry)) {
        enter(entry.path());
      } else {
        add_file(files, entry.path(), folder, suffix);
      }
    }
  };
  enter(folder);
  return files;
}

std::vector<std::string> folder_names(const fs::path& folder, const std::string& hint) {
  require_folder(folder, hint);
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : sorted_entries(folder)) {
    if (!is_hidden(entry.path()) && is_folder(entry)) names.push_back(entry.path().filename().string());
  }
  return names;
}

void Pairing::add(const FilesByStem& images, const FilesByStem& labels) {
  const auto relative = [&](const fs::path& file) { return file.lexically_relative(root_); };
  for (const auto& [stem, image] : images) {
    const auto found = labels.find(stem);
    if (found == labels.end()) {
      lone_images_.push_back(relative(image).generic_string());
    } else {
      pairs_.push_back({image, found->second, relative(image).replace_extension().generic_string()});
    }
  }
  for (const auto& [stem, file] : labels) {
    if (!images.contains(stem)) lone_labels_.push_back(relative(file).generic_string());
  }
}

std::vector<FilePair> Pairing::take() {
  log_beyond_ten("image without labels", lone_images_);
  log_beyond_ten("labels without image", lone_labels_);
  std::string defect;
  if (!lone_images_.empty()) defect = std::to_string(lone_images_.size()) + " images without labels (" + first_ten(lone_images_) + ")";
  if (!lone_labels_.empty()) {
    defect += (defect.empty() ? "" : ", ") + std::to_string(lone_labels_.size()) + " labels without images (" + first_ten(lone_labels_) + ")";
  }
  if (!defect.empty())
    throw Error(ErrorKind::kData, root_.string() + ": " + defect, "an image and its labels must have the same name; add or remove files");
  std::sort(pairs_.begin(), pairs_.end(), [](const FilePair& a, const FilePair& b) { return a.id < b.id; });
  return std::move(pairs_);
}

std::string first_ten(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesShown) text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return text;
}

std::string how_to_get(const std::string& layout) {
  return "data/README.md explains how to get the data and what data.root must contain; `segdata generate --layout " + layout +
         " --output DIR` draws a substitute";
}

}  // namespace seg
