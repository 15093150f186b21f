// A digest of bytes that detects damaged or changed content: XXH3, 128 bit (not for security).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace seg {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void update(const void* data, std::size_t bytes);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// 32 hexadecimal digits of everything given so far.
  std::string hex() const;

 private:
  XXH3_state_s* state_;
};

}  // namespace seg
