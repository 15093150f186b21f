#include "models/published_weights.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"

namespace seg {

namespace {

constexpr const char* kTorchvision = "https://download.pytorch.org/models";  // from torchvision/models/resnet.py, IMAGENET1K_V1

const std::array<PublishedWeights, 5> kPublished = {{
    {.backbone = "resnet18", .file = "resnet18-f37072fd.pth", .address = kTorchvision},
    {.backbone = "resnet34", .file = "resnet34-b627a593.pth", .address = kTorchvision},
    {.backbone = "resnet50", .file = "resnet50-0676ba61.pth", .address = kTorchvision},
    {.backbone = "resnet101", .file = "resnet101-63fe2227.pth", .address = kTorchvision},
    {.backbone = "efficientnet_lite0",
     .file = "efficientnet-lite0-57934424.pth",
     .by_hand = "run scripts/get_weights.sh efficientnet_lite0 to get it"},
}};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A folder that may contain the file.
struct Place {
  fs::path folder;
  std::string what;
};

std::vector<Place> places() {
  std::vector<Place> all;
  if (const std::string named = from_environment("SEGTRAIN_WEIGHTS"); !named.empty()) {
    std::error_code ignored;
    if (!fs::is_directory(named, ignored))
      throw Error(ErrorKind::kConfiguration, "SEGTRAIN_WEIGHTS: there is no folder " + named, "set it to an existing folder, or unset it");
    all.push_back({named, "SEGTRAIN_WEIGHTS"});
  }
  all.push_back({user_cache_folder() / "weights", "segtrain's cache"});
  const std::string torch_home = from_environment("TORCH_HOME");
  const fs::path torch = torch_home.empty() ? user_cache_folder().parent_path() / "torch" : fs::path(torch_home);
  all.push_back({torch / "hub" / "checkpoints", "torch hub's cache"});
  return all;
}

/// The first digits of the SHA-256, from the file name.
std::string digits_of(const std::string& file) {
  const std::size_t begin = file.rfind('-') + 1;
  return file.substr(begin, file.rfind('.') - begin);
}

/// The download address of the file. Throws kConfiguration.
std::string address_of(const PublishedWeights& weights) {
  std::string folder = from_environment("SEGTRAIN_WEIGHTS_URL");
  if (folder.empty()) return weights.address + "/" + weights.file;
  if (!folder.starts_with("https://") && !folder.starts_with("http://"))
    throw Error(ErrorKind::kConfiguration, "SEGTRAIN_WEIGHTS_URL is '" + folder + "', which is not an address",
                "set it to the folder of a mirror, such as https://example.org/models");
  while (folder.ends_with('/')) folder.pop_back();
  return folder + "/" + weights.file;
}

Error not_here(const PublishedWeights& weights, const std::vector<Place>& searched) {
  std::string folders;
  for (const Place& place : searched) folders += (folders.empty() ? "" : ", ") + place.folder.string();
  return {ErrorKind::kStorage, "model.pretrained: imagenet: there is no " + weights.file + " in " + folders, weights.by_hand};
}

}  // namespace

std::span<const PublishedWeights> published_weights() { return kPublished; }

const PublishedWeights& published_weights_of(const std::string& backbone) {
  const auto found = std::ranges::find(kPublished, backbone, &PublishedWeights::backbone);
  if (found != kPublished.end()) return *found;
  std::string known;
  for (const PublishedWeights& weights : kPublished) known += (known.empty() ? "" : ", ") + weights.backbone;
  throw Error(
      ErrorKind::kConfiguration, "model.pretrained: there are no published ImageNet weights for " + backbone,
      "set model.backbone to one with weights (" + known + "), model.pretrained to a file, or train from scratch with --set model.pretrained=");
}

fs::path find_published_weights(const PublishedWeights& weights, const DownloadProgress& progress) {
  const std::string digits = digits_of(weights.file);
  const std::vector<Place> searched = places();
  for (const Place& place : searched) {
    fs::path file = place.folder / weights.file;
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) continue;
    if (sha256_of(file).starts_with(digits)) {
      spdlog::info("model.pretrained: imagenet is {} ({})", file.string(), place.what);
      return file;
    }
    spdlog::warn("{} is skipped: it is damaged or another file, since its SHA-256 does not begin with {}", file.string(), digits);
  }
  const std::string mirror = from_environment("SEGTRAIN_WEIGHTS_URL");
  if (weights.address.empty() && mirror.empty()) throw not_here(weights, searched);
  const fs::path cache = user_cache_folder() / "weights";
  const Download wanted{.address = address_of(weights),
                        .target = cache / weights.file,
                        .sha256 = digits,
                        .otherwise = "put " + weights.file + " into " + cache.string() +
                                     ", or set SEGTRAIN_WEIGHTS to a folder that contains it, or SEGTRAIN_WEIGHTS_URL to a mirror"};
  spdlog::info("model.pretrained: imagenet: downloading {}", wanted.address);
  download(wanted, progress);
  spdlog::info("model.pretrained: imagenet is {} (downloaded)", wanted.target.string());
  return wanted.target;
}

}  // namespace seg
