// What the tests of PyTorch files share: a storage to read, and what reading gives.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg::test {

/// The floats 0, 1, 2, ... as a storage.
inline std::string counting(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const auto value = static_cast<float>(i);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

inline std::vector<float> floats_of(const TensorFile& file, const std::string& name) {
  const TensorEntry* entry = file.find(name);
  if (entry == nullptr) return {};
  std::vector<float> values((entry->end - entry->begin) / sizeof(float));
  file.read(*entry, values.data());
  return values;
}

inline std::vector<std::string> tensor_names(const TensorFile& file) {
  std::vector<std::string> names;
  for (const TensorEntry& entry : file.entries()) names.push_back(entry.name);
  return names;
}

/// Opens the file and reads all of it; "none", or what is told instead.
inline std::string reading_defect(const std::filesystem::path& path) {
  try {
    const auto file = open_tensor_file(path);
    for (const TensorEntry& entry : file->entries()) {
      std::vector<char> bytes(entry.end - entry.begin);
      file->read(entry, bytes.data());
    }
    return "none";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    EXPECT_FALSE(error.hint.empty()) << error.what();
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n")));
    return error.what();
  }
}

}  // namespace seg::test
