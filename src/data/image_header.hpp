// What the first bytes of an image file say, so that nothing large is allocated for a file that is not wanted.
//
// Sources: TIFF 6.0 (also the body of EXIF), BMP's BITMAPINFOHEADER, Netpbm's pnm(5), the WebP container, JPEG's T.81.
#pragma once

#include <optional>
#include <string_view>

#include "base/size.hpp"

namespace seg {

bool is_png(std::string_view bytes);
bool is_jpeg(std::string_view bytes);

/// The size of a BMP, Netpbm, TIFF or WebP image; nothing for other kinds or where the bytes end too early.
std::optional<Size> header_size(std::string_view bytes);

/// The EXIF orientation (1 .. 8) of a JPEG; 1 where it says none.
int jpeg_orientation(std::string_view bytes);

/// The same of a bare EXIF block, as PNG files carry it.
int exif_orientation(std::string_view exif);

}  // namespace seg
