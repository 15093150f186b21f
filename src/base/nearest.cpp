#include "base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <system_error>

namespace seg {
namespace {

std::string folded(std::string text) {
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Optimal string alignment: three rows of the distance table suffice.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = last;
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(const std::string& wanted, const std::vector<std::string>& candidates) {
  if (wanted.empty()) return {};
  const std::string target = folded(wanted);
  const std::size_t limit = std::max<std::size_t>(1, target.size() / 3);
  std::string best;
  std::size_t best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const std::string name = folded(candidate);
    const std::size_t lengths = name.size() > target.size() ? name.size() - target.size() : target.size() - name.size();
    std::size_t cost = limit + 1;
    if (lengths <= limit) cost = distance(target, name);  // otherwise the distance is too large whatever the letters are
    if (target.size() >= 3 && name.starts_with(target)) cost = std::min(cost, limit);
    if (cost >= best_distance) continue;
    best = candidate;
    best_distance = cost;
  }
  return best_distance == 0 || best_distance < target.size() ? best : std::string{};  // a name in which every letter differs does not count
}

std::string nearest_file(const std::filesystem::path& folder, const std::string& name) {
  std::vector<std::string> names;
  std::error_code none;
  for (std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, none), end; !none && entry != end; entry.increment(none)) {
    if (entry->path().extension() == ".yaml") names.push_back(entry->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  const std::string found = nearest(std::filesystem::path(name).stem().string(), names);
  return found.empty() ? found : found + ".yaml";
}

}  // namespace seg
