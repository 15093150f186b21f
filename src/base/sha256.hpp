// SHA-256 (FIPS 180-4, by OpenSSL), which identifies published files.
#pragma once

#include <filesystem>
#include <string>

namespace seg {

/// The SHA-256 of a file, as 64 hexadecimal digits in lower case. Throws kStorage if the file cannot be read.
std::string sha256_of(const std::filesystem::path& file);

}  // namespace seg
