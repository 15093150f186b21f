// The networks that a contract is held against.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/model.hpp"

namespace seg::test {

/// (architecture, backbone): each architecture that stands on a backbone with each of `backbones`, each other one once.
inline std::vector<std::pair<std::string, std::string>> networks(const std::vector<std::string>& backbones) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& arch : architecture_names()) {
    ModelOptions options;
    options.arch = arch;
    if (!has_backbone(options)) found.emplace_back(arch, options.backbone);
    if (has_backbone(options))
      for (const std::string& backbone : backbones) found.emplace_back(arch, backbone);
  }
  return found;
}

}  // namespace seg::test
