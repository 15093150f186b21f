#include "engine/commands/command_options.hpp"

#include <opencv2/core/utility.hpp>

#include <algorithm>

#include "base/files.hpp"
#include "config/print.hpp"
#include "device/compute.hpp"
#include "engine/run_config.hpp"
#include "predict/predictions.hpp"

namespace seg {

namespace {

std::vector<std::string> shipped_recipes() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(find_shipped("configs"), ignored))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string automatic_precision(torch::Device device) { return resolve_precision(Precision::kAuto, device) == torch::kBFloat16 ? "bf16" : "fp32"; }

}  // namespace

Option config_option(std::string* value, const std::string& help) {
  const auto words = [] {
    std::vector<std::string> names = shipped_recipes();
    names.emplace_back(kAnyPath);
    return names;
  };
  return {.name = "--config", .help = help, .value = value, .type = "FILE", .words = words};
}

Option set_option(std::vector<std::string>* value, const std::string& example) {
  return {.name = "--set",
          .help = "change one key of the configuration, for example " + example + "; may be given several times (segtrain --help lists the keys)",
          .value = value,
          .type = "KEY=VALUE",
          .words = [] { return config::setting_words(RunConfig()); }};
}

Option device_option(std::string* value) {
  return {.name = "--device", .help = "auto (CUDA if there is a GPU), cpu, cuda or cuda:N", .value = value, .type = "NAME", .words = [] {
            return std::vector<std::string>{"auto", "cpu", "cuda"};
          }};
}

Option checkpoint_option(std::filesystem::path* value) {
  return {.name = "--checkpoint",
          .help = "trained network, such as runs/NAME/checkpoints/best.safetensors",
          .value = value,
          .type = "FILE",
          .required = true};
}

Option prediction_kind_option(std::string* value, const std::string& help) {
  return {.name = "--save-predictions", .help = help, .value = value, .type = "KIND", .words = prediction_kinds};
}

std::string library_versions() {
  const std::string features = processor_features();
  std::string text = compute_versions() + ", OpenCV " + cv::getVersionString() +
                     "\nprocessor: " + (features.empty() ? "no known features" : features) + "; train.precision auto is " +
                     automatic_precision(torch::kCPU);
  const std::int64_t devices = cuda_devices();
  text += "\nCUDA: ";
  if (devices == 0) return text + "this LibTorch sees no device";
  text += std::to_string(devices) + (devices == 1 ? " device" : " devices");
  return text + "; train.precision auto there is " + automatic_precision(torch::Device(torch::kCUDA, 0));
}

}  // namespace seg
