// Finds the published weights of a backbone by its name: model.pretrained: imagenet.
//
// The table has one row per file. As in torch hub, the file name contains the first digits of the SHA-256, which is checked wherever the file is
// found. A file that cannot be downloaded on its own has no address, but a hint how to get it.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/download.hpp"

namespace seg {

struct PublishedWeights {
  std::string backbone;      // a name of model.backbone
  std::string file;          // NAME-DIGITS.pth, where the SHA-256 begins with these hexadecimal digits
  std::string address = {};  // of the folder with the file, without a slash at the end; empty: no download
  std::string by_hand = {};  // without an address: how to get the file, as a hint: "run scripts/... to get it"
};

/// All rows, in the order of the backbones.
std::span<const PublishedWeights> published_weights();

/// Throws kConfiguration for a backbone without weights, with the names of those that have them. Touches no file.
const PublishedWeights& published_weights_of(const std::string& backbone);

/// The path of the file on this machine, with the right digest: in the folder SEGTRAIN_WEIGHTS, in segtrain's cache (user_cache_folder()/weights), in
/// torch hub's cache (hub/checkpoints in TORCH_HOME, or in torch of XDG_CACHE_HOME or ~/.cache), or else downloaded into segtrain's cache: from
/// SEGTRAIN_WEIGHTS_URL if that is set, otherwise from `weights.address`. Files of that name with another digest are skipped with a warning. Logs
/// where the file was found. `progress` may be empty. Throws kStorage; kConfiguration if the environment variables are no folder or no address.
std::filesystem::path find_published_weights(const PublishedWeights& weights, const DownloadProgress& progress = {});

}  // namespace seg
