#include "data/image_header.hpp"

#include <cctype>
#include <cstdint>
#include <cstdlib>

namespace seg {
namespace {

using Bytes = std::string_view;

/// An unsigned number of `width` bytes; 0 if the bytes end too early.
std::uint32_t number(Bytes bytes, std::size_t at, std::size_t width, bool big_endian) {
  if (at > bytes.size() || bytes.size() - at < width) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t place = big_endian ? i : width - 1 - i;
    value = (value << 8) | static_cast<unsigned char>(bytes[at + place]);
  }
  return value;
}

std::optional<Size> checked(std::int64_t height, std::int64_t width) {
  if (height <= 0 || width <= 0) return std::nullopt;
  return Size{height, width};
}

bool is_tiff(Bytes bytes) { return bytes.starts_with(Bytes("II*\0", 4)) || bytes.starts_with(Bytes("MM\0*", 4)); }

/// The value of a SHORT or LONG tag in the first directory; 0 if there is none.
std::uint32_t tiff_tag(Bytes bytes, std::uint32_t wanted) {
  const bool big = bytes.starts_with("MM");
  const std::size_t directory = number(bytes, 4, 4, big);
  const std::uint32_t entries = number(bytes, directory, 2, big);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * std::size_t{i};
    if (entry + 12 > bytes.size()) return 0;
    if (number(bytes, entry, 2, big) != wanted) continue;
    const bool is_short = number(bytes, entry + 2, 2, big) == 3;
    return number(bytes, entry + 8, is_short ? 2 : 4, big);
  }
  return 0;
}

std::optional<Size> bmp_size(Bytes bytes) {
  const auto width = static_cast<std::int32_t>(number(bytes, 18, 4, false));
  const auto height = static_cast<std::int32_t>(number(bytes, 22, 4, false));  // negative: rows from the top
  return checked(std::abs(std::int64_t{height}), width);
}

std::optional<Size> netpbm_size(Bytes bytes) {
  std::int64_t values[2] = {0, 0};
  std::size_t at = 2;
  for (std::int64_t& value : values) {
    while (at < bytes.size() && (std::isspace(static_cast<unsigned char>(bytes[at])) != 0 || bytes[at] == '#')) {
      if (bytes[at] == '#') at = std::min(bytes.find('\n', at), bytes.size() - 1);
      ++at;
    }
    while (at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && value < INT32_MAX) value = value * 10 + (bytes[at++] - '0');
  }
  return checked(values[1], values[0]);
}

std::optional<Size> webp_size(Bytes bytes) {
  const Bytes kind = bytes.substr(12, 4);
  if (kind == "VP8 ") return checked(number(bytes, 28, 2, false) & 0x3FFF, number(bytes, 26, 2, false) & 0x3FFF);
  if (kind == "VP8X") return checked(number(bytes, 27, 3, false) + 1, number(bytes, 24, 3, false) + 1);
  if (kind != "VP8L") return std::nullopt;
  const std::uint32_t packed = number(bytes, 21, 4, false);
  return checked(((packed >> 14) & 0x3FFF) + 1, (packed & 0x3FFF) + 1);
}

}  // namespace

bool is_png(Bytes bytes) { return bytes.starts_with("\x89PNG\r\n\x1A\n"); }

bool is_jpeg(Bytes bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }

std::optional<Size> header_size(Bytes bytes) {
  // If the reader of its own format refuses a file with this mark, OpenCV tries it as DICOM, and GDCM may then end the program with an assertion.
  if (bytes.size() > 128 && bytes.substr(128).starts_with("DICM")) return std::nullopt;
  if (bytes.starts_with("BM")) return bmp_size(bytes);
  if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') return netpbm_size(bytes);
  if (is_tiff(bytes)) return checked(tiff_tag(bytes, 0x101), tiff_tag(bytes, 0x100));
  if (bytes.size() >= 30 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return webp_size(bytes);
  return std::nullopt;
}

int exif_orientation(Bytes exif) {
  if (!is_tiff(exif)) return 1;
  const std::uint32_t orientation = tiff_tag(exif, 0x112);
  return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

int jpeg_orientation(Bytes bytes) {
  std::size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == '\xFF' && bytes[at + 1] != '\xDA') {
    const std::size_t length = number(bytes, at + 2, 2, true);
    const Bytes segment = bytes.substr(at + 4, length < 2 ? 0 : length - 2);
    if (bytes[at + 1] == '\xE1' && segment.starts_with(Bytes("Exif\0\0", 6))) return exif_orientation(segment.substr(6));
    at += 2 + length;
  }
  return 1;
}

}  // namespace seg
