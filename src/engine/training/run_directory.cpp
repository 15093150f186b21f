#include "engine/training/run_directory.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "core/tensor_io.hpp"
#include "engine/training/learner.hpp"
#include "report/run/metrics_log.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

namespace {

constexpr std::string_view kStepPrefix = "step-";
constexpr std::string_view kExtension = ".safetensors";

/// The iteration in "step-120.safetensors".
std::optional<std::int64_t> iteration_of(const std::string& name) {
  if (name.rfind(kStepPrefix, 0) != 0 || name.size() <= kStepPrefix.size() + kExtension.size() || !name.ends_with(kExtension)) return std::nullopt;
  std::int64_t iteration = 0;
  const char* end = name.data() + name.size() - kExtension.size();
  const auto [stop, error] = std::from_chars(name.data() + kStepPrefix.size(), end, iteration);
  return error == std::errc() && stop == end ? std::optional(iteration) : std::nullopt;
}

}  // namespace

RunDirectory::RunDirectory(const fs::path& root) : paths_{fs::absolute(root).lexically_normal()} {
  make_directories(paths_.checkpoints());
  lock_ = std::make_unique<FileLock>(paths_.lock());
  remove_temporary_files(paths_.root);
  remove_temporary_files(paths_.checkpoints());
  remove_temporary_files(paths_.tensorboard());
}

fs::path RunDirectory::step_file(std::int64_t iteration) const {
  return paths_.checkpoints() / (std::string(kStepPrefix) + std::to_string(iteration) + std::string(kExtension));
}

bool RunDirectory::finished() const {
  const std::optional<Event> last = last_event(paths_.metrics());
  return last && last->finishes();
}

std::vector<std::pair<std::int64_t, fs::path>> RunDirectory::steps() const {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(paths_.checkpoints(), ignored))
    if (const auto iteration = iteration_of(entry.path().filename().string())) found.emplace_back(*iteration, entry.path());
  std::sort(found.rbegin(), found.rend());
  return found;
}

std::optional<fs::path> RunDirectory::newest_checkpoint() const {
  const auto found = steps();
  for (const auto& [iteration, path] : found) {
    try {
      SafetensorsFile(path).verify_digest();
      return path;
    } catch (const Error& error) {
      spdlog::warn("checkpoint not used: {}", error.what());
    }
  }
  if (found.empty()) return std::nullopt;
  throw Error(ErrorKind::kStorage, "none of the " + std::to_string(found.size()) + " checkpoints is valid in " + paths_.checkpoints().string(),
              "restore one from a backup, or start a new run with another --run-dir");
}

void RunDirectory::set_aside_after(std::int64_t iteration) const {
  std::error_code ignored;
  for (const auto& [later, path] : steps())
    if (later > iteration) fs::rename(path, path.string() + ".abandoned", ignored);
}

void RunDirectory::publish(std::int64_t iteration, std::int64_t keep) const {
  const fs::path temporary = paths_.checkpoints() / ".partial-last";
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_hard_link(step_file(iteration), temporary, error);
  if (error) {  // a file system without hard links
    error.clear();
    fs::copy_file(step_file(iteration), temporary, fs::copy_options::overwrite_existing, error);
  }
  if (!error) fs::rename(temporary, paths_.last(), error);
  if (error) spdlog::warn("cannot update {}: {}", paths_.last().string(), error.message());
  const auto found = steps();
  for (std::size_t i = static_cast<std::size_t>(keep); i < found.size(); ++i) fs::remove(found[i].second, error);
}

bool RunDirectory::keep_bad_step(std::int64_t iteration, const std::vector<Batch>& batches, const StepResult& result) const {
  constexpr std::ptrdiff_t kMostFiles = 5;
  State tensors;
  nlohmann::json ids = nlohmann::json::array();
  for (std::size_t micro = 0; micro < batches.size(); ++micro) {
    tensors["images." + std::to_string(micro)] = batches[micro].images;
    tensors["labels." + std::to_string(micro)] = batches[micro].labels;
    ids.push_back(batches[micro].ids);
  }
  const fs::path folder = paths_.bad_steps();
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
    spdlog::warn("the batch of step {} is not saved: {}", iteration, error.what());
    return false;
  }
}

}  // namespace seg
