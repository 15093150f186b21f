// The safetensors reader: any file is refused, or every tensor of it can be read.
#include <vector>

#include "input.hpp"
#include "tensor_files/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const seg::fuzz::InputFile input(data, size);
  seg::fuzz::expect_error_at_most(seg::ErrorKind::kStorage, [&] {
    const seg::SafetensorsFile file(input.path());
    std::uint64_t bytes = 0;
    for (const seg::TensorEntry& entry : file.entries()) {
      std::vector<char> values(entry.end - entry.begin);
      file.read(entry, values.data());
      bytes += values.size();
    }
    if (bytes > size) std::abort();
    file.verify_digest();
  });
  return 0;
}
