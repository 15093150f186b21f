// The reader of PyTorch files: any file is refused, or every tensor of it can be read and no more bytes come out than went in.
// Zip archives hardly survive mutation, so an input that begins neither as one nor as a file from before PyTorch 1.6 is taken for the pickle of one,
// beside a storage.
#include <zip.h>

#include <string_view>
#include <vector>

#include "input.hpp"
#include "tensor_files/tensor_file.hpp"

namespace {

void read_file(const std::uint8_t* data, std::size_t size) {
  const seg::fuzz::InputFile input(data, size);
  const auto file = seg::open_tensor_file(input.path());
  std::uint64_t bytes = 0;
  for (const seg::TensorEntry& entry : file->entries()) {
    std::vector<char> values(entry.end - entry.begin);
    bytes += values.size();
    if (bytes > size) std::abort();
    file->read(entry, values.data());
  }
}

/// The same for an archive with this pickle and 64 bytes as storage "0".
void read_pickle(const std::uint8_t* data, std::size_t size) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* memory = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(memory);
  zip_t* archive = zip_open_from_source(memory, ZIP_TRUNCATE, &error);
  const char storage[64] = {};
  for (const auto& [name, bytes] : {std::pair("x/data.pkl", std::string_view(reinterpret_cast<const char*>(data), size)),
                                    std::pair("x/data/0", std::string_view(storage, sizeof storage))}) {
    const zip_int64_t index = zip_file_add(archive, name, zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
  }
  if (zip_close(archive) != 0 || zip_source_open(memory) != 0) std::abort();
  std::vector<std::uint8_t> bytes(size + 1024);
  const zip_int64_t count = zip_source_read(memory, bytes.data(), bytes.size());
  zip_source_close(memory);
  zip_source_free(memory);
  if (count <= 0) std::abort();
  read_file(bytes.data(), static_cast<std::size_t>(count));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seg::fuzz::expect_error_at_most(seg::ErrorKind::kStorage, [&] {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const bool whole = bytes.starts_with("PK\3\4") || bytes.starts_with("\x80\x02\x8a\nl\xfc\x9c\x46\xf9");
    whole ? read_file(data, size) : read_pickle(data, size);
  });
  return 0;
}
