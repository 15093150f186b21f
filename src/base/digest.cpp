#include "base/digest.hpp"

#include <spdlog/fmt/fmt.h>
#include <xxhash.h>

#include <new>

namespace seg {

Digest::Digest() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state_);
}

Digest::~Digest() { XXH3_freeState(state_); }

void Digest::update(const void* data, std::size_t bytes) {
  if (bytes > 0) XXH3_128bits_update(state_, data, bytes);
}

std::string Digest::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace seg
