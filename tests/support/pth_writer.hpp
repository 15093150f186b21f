// PyTorch files made by hand, for tests of their reader: a pickle put together from its parts, storages, and the zip archive around them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace seg::test {

/// Parts of a pickle's program; each leaves one value on the stack.
namespace pickled {
std::string text(const std::string& value);
std::string number(std::int64_t value);
std::string global(const std::string& module, const std::string& name);
std::string tuple(const std::vector<std::string>& items);
std::string numbers(const std::vector<std::int64_t>& values);
std::string dict(const std::vector<std::pair<std::string, std::string>>& items);
std::string ordered_dict(const std::vector<std::pair<std::string, std::string>>& items);

struct Tensor {
  std::string storage;  // its key
  std::int64_t storage_elements;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  std::int64_t offset = 0;
  std::string type = "FloatStorage";
  std::string view = {};  // a value: what the storage is a part of, in the format before PyTorch 1.6
};
std::string tensor(const Tensor& tensor);
std::string parameter(const Tensor& tensor);

/// The whole pickle.
std::string program(const std::string& value);
}  // namespace pickled

/// Writes members of the archive, not compressed, under "archive/".
void write_zip(const std::filesystem::path& path, const std::map<std::string, std::string>& members, bool compressed = false);

/// The bytes of a storage in the format before PyTorch 1.6.
struct LegacyStorage {
  std::string key;
  std::int64_t elements = 0;
  std::string bytes = {};
};

/// Writes a file as torch.save did before PyTorch 1.6. `little_endian` is a value.
void write_legacy_pth(const std::filesystem::path& path, const std::string& pickle, const std::vector<LegacyStorage>& storages,
                      const std::string& little_endian = "\x88");

/// Writes a file as torch.save does, from a whole pickle and the bytes of storages by key.
void write_pth(const std::filesystem::path& path, const std::string& pickle, const std::map<std::string, std::string>& storages = {});

}  // namespace seg::test
