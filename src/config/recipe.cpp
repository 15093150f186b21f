#include "config/recipe.hpp"

#include "base/files.hpp"
#include "base/nearest.hpp"

namespace seg::config {
namespace {

fs::path shipped(const fs::path& name) { return name.is_relative() ? find_shipped("configs" / name) : fs::path(); }

}  // namespace

fs::path find_recipe(const fs::path& folder, const fs::path& name) {
  std::error_code ignored;
  fs::path beside = (folder / name).lexically_normal();
  return fs::exists(beside, ignored) ? beside : shipped(name);
}

std::string near_recipe(const fs::path& folder, const fs::path& name) {
  const fs::path own = name.parent_path();
  const fs::path recipes = shipped(own);
  std::string near = recipes.empty() ? "" : nearest_file(recipes, name.filename().string());
  if (near.empty()) near = nearest_file(folder / own, name.filename().string());
  return near.empty() ? "" : (own / near).string();
}

}  // namespace seg::config
