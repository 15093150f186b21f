// Reads the first bytes of an image file, so that no large memory is allocated for a file that will be refused.
//
// Sources: TIFF 6.0 (also the body of EXIF), BMP's BITMAPINFOHEADER, Netpbm's pnm(5), the WebP container, JPEG's T.81.
#pragma once

#include <optional>
#include <string_view>

#include "base/size.hpp"

namespace seg {

bool is_png(std::string_view bytes);
bool is_jpeg(std::string_view bytes);

/// The size of a BMP, Netpbm, TIFF or WebP image; nothing for other kinds or if the bytes end too early.
std::optional<Size> header_size(std::string_view bytes);

/// The EXIF orientation (1 .. 8) of a JPEG; 1 if it has none.
int jpeg_orientation(std::string_view bytes);

/// The same for a bare EXIF block, as in PNG files.
int exif_orientation(std::string_view exif);

}  // namespace seg
