// Weights that others have published for our backbones, found by name: model.pretrained: imagenet.
//
// A row a file. Its name says what its SHA-256 begins with, as torch hub has it, which is held against the file wherever it lies. A file that
// nobody serves by itself has no address, but a line that says how to get it.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/download.hpp"

namespace seg {

struct PublishedWeights {
  std::string backbone;      // a name of model.backbone
  std::string file;          // NAME-DIGITS.pth, where the SHA-256 begins with these hexadecimal digits
  std::string address = {};  // of the folder that serves it, without a slash at the end; empty: there is none
  std::string by_hand = {};  // where there is none: how to get it, as a hint: "run scripts/... to get it"
};

/// All of them, in the order of the backbones.
std::span<const PublishedWeights> published_weights();

/// Throws kConfiguration for a backbone without weights, naming those that have them. Touches no file.
const PublishedWeights& published_weights_of(const std::string& backbone);

/// The file on this machine, with the right digest: from the folder SEGTRAIN_WEIGHTS, from segtrain's cache (user_cache_folder()/weights), from
/// torch hub's (hub/checkpoints in TORCH_HOME, or in torch of XDG_CACHE_HOME or ~/.cache), or else downloaded into segtrain's: from
/// SEGTRAIN_WEIGHTS_URL where that is set, from `weights.address` otherwise. Files of the name with another digest are passed over with a warning.
/// The log says what was taken from where. `progress` may be empty. Throws kStorage; kConfiguration for an environment that names no folder or no
/// address.
std::filesystem::path find_published_weights(const PublishedWeights& weights, const DownloadProgress& progress = {});

}  // namespace seg
