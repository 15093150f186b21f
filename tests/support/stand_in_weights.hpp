// A file that passes for torchvision's ResNet-18 by its name, its tensors and the beginning of its SHA-256.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace seg::test {

inline constexpr const char* kStandInName = "resnet18-f37072fd.pth";

/// The tensors of torchvision's ResNet-18 by name.
inline std::map<std::string, std::vector<std::int64_t>> resnet18_shapes() {
  std::map<std::string, std::vector<std::int64_t>> shapes{{"conv1.weight", {64, 3, 7, 7}}, {"fc.weight", {1000, 512}}, {"fc.bias", {1000}}};
  const auto norm = [&](const std::string& name, std::int64_t channels) {
    for (const char* part : {"weight", "bias", "running_mean", "running_var"}) shapes[name + "." + part] = {channels};
  };
  norm("bn1", 64);
  for (std::int64_t stage = 1; stage <= 4; ++stage) {
    const std::int64_t channels = 32 << stage, before = stage == 1 ? 64 : channels / 2;
    for (const int block : {0, 1}) {
      const std::string name = "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
      shapes[name + "conv1.weight"] = {channels, block == 0 ? before : channels, 3, 3};
      shapes[name + "conv2.weight"] = {channels, channels, 3, 3};
      norm(name + "bn1", channels);
      norm(name + "bn2", channels);
      if (block == 1 || stage == 1) continue;
      shapes[name + "downsample.0.weight"] = {channels, before, 1, 1};
      norm(name + "downsample.1", channels);
    }
  }
  return shapes;
}

/// Writes it: in safetensors, whose first bytes tell the format whatever the name says. All weights are zero but the last two, which are as good as
/// zero and were searched for, 2^32 tries in the mean, so that the SHA-256 begins with f37072fd.
inline void write_stand_in_resnet18(const std::filesystem::path& path) {
  const std::string last_bytes("\x15\xd9\x2b\0\x7e\x02\0\0", 8);
  std::string header = "{";
  std::int64_t end = 0;
  for (const auto& [name, shape] : resnet18_shapes()) {
    std::string extents;
    std::int64_t elements = 1;
    for (const std::int64_t extent : shape) {
      extents += (extents.empty() ? "" : ",") + std::to_string(extent);
      elements *= extent;
    }
    const std::int64_t begin = std::exchange(end, end + elements * static_cast<std::int64_t>(sizeof(float)));
    header += (header.size() == 1 ? "\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" + extents + R"(],"data_offsets":[)" +
              std::to_string(begin) + "," + std::to_string(end) + "]}";
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = header.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << header << std::string(static_cast<std::size_t>(end) - last_bytes.size(), '\0') << last_bytes;
}

}  // namespace seg::test
