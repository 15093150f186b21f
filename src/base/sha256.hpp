// SHA-256 (FIPS 180-4, by OpenSSL): the digest by which published files are known.
#pragma once

#include <filesystem>
#include <string>

namespace seg {

/// Of the file's bytes, as 64 hexadecimal digits in lower case. Throws kStorage where the file cannot be read.
std::string sha256_of(const std::filesystem::path& file);

}  // namespace seg
