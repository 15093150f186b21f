#include "base/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <spdlog/fmt/fmt.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace seg {

std::string sha256_of(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!state || EVP_DigestInit_ex(state.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  std::vector<unsigned char> part(std::size_t{1} << 20);
  while (true) {
    const ssize_t count = ::read(file.get(), part.data(), part.size());
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw Error(ErrorKind::kStorage, "cannot read " + path.string() + ": " + std::strerror(errno), "check the path and its permissions");
    EVP_DigestUpdate(state.get(), part.data(), static_cast<std::size_t>(count));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(state.get(), digest.data(), &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace seg
