// The options of the network: YAML block `model`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "core/network_input.hpp"

namespace seg {

enum class BatchNormScope { kLocal, kSynchronized };
inline constexpr config::Name<BatchNormScope> kBatchNormScopes[] = {{BatchNormScope::kLocal, "local"},
                                                                    {BatchNormScope::kSynchronized, "synchronized"}};

struct ModelOptions {
  std::string arch = "deeplabv3plus";
  std::string backbone = "resnet18";
  double width = 1.0;
  std::int64_t output_stride = 16;
  bool align_corners = false;
  std::vector<std::int64_t> aspp_rates;  // empty: by output stride
  double dropout = 0.5;
  BatchNormScope batch_norm = BatchNormScope::kLocal;
  bool auxiliary = false;
  double auxiliary_weight = 0.4;
  std::string pretrained;
  std::string init_from;
  std::vector<std::string> allow_mismatch;
  NetworkInput input;

  void fields(config::Visitor& v);
};

}  // namespace seg
