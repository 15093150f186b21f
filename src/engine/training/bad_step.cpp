#include "engine/training/bad_step.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "core/tensor_io.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

bool dump_bad_step(const fs::path& folder, std::int64_t iteration, const std::vector<Batch>& batches, const StepResult& result) {
  constexpr std::ptrdiff_t kMostFiles = 5;
  State tensors;
  nlohmann::json ids = nlohmann::json::array();
  for (std::size_t micro = 0; micro < batches.size(); ++micro) {
    tensors["images." + std::to_string(micro)] = batches[micro].images;
    tensors["labels." + std::to_string(micro)] = batches[micro].labels;
    ids.push_back(batches[micro].ids);
  }
  try {
    make_directories(folder);
    if (std::distance(fs::directory_iterator(folder), fs::directory_iterator()) >= kMostFiles) return false;
    const State host = to_host(tensors);
    write_safetensors(folder / ("step-" + std::to_string(iteration) + ".safetensors"), tensor_views(host),
                      {{"ids", ids.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
                       {"loss", std::to_string(result.loss_value())},
                       {"gradient_norm", std::to_string(result.gradient_norm())}});
    return true;
  } catch (const std::exception& error) {
    spdlog::warn("the batch of step {} is not kept: {}", iteration, error.what());
    return false;
  }
}

}  // namespace seg
