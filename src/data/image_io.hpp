// Reads images and label files with exact values; a damaged file is an error, never a partly grey image.
//
// PNG is read with libspng, because OpenCV converts palettes to colours and stretches 1-, 2- and 4-bit greys. JPEG is read with
// libjpeg-turbo, with its warnings as errors, because OpenCV returns half an image without an error. Other kinds are read with OpenCV.
// EXIF rotation is ignored, so that image and labels stay aligned; this is logged once.
// All functions throw kData with the file and the defect, are thread-safe, and allocate no memory for pixels before the header has been
// checked against `max_pixels`.
#pragma once

#include <opencv2/core/mat.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/size.hpp"

namespace seg {

/// The values of a PNG as they are stored: 8 or 16 bit, 1 to 4 channels in the order grey/RGB, alpha.
/// Greys of 1, 2 and 4 bit and palette indices are 8-bit numbers, not stretched.
struct StoredLabels {
  cv::Mat values;                                    // CV_8UC(1..4) or CV_16UC(1..4)
  std::vector<std::array<std::uint8_t, 3>> palette;  // RGB; not empty if the values are indices into it
};

/// CV_8UC3, RGB; grey is copied to all channels, alpha is dropped, 16 bit become 8.
cv::Mat read_image(const std::filesystem::path& path, std::int64_t max_pixels);

/// An image that may have been decoded at a fraction of its size.
struct DecodedImage {
  cv::Mat pixels;  // as returned by read_image
  Size file_size;  // size in the file's header
};

/// The image for a caller that will resize it to `target` (0x0: will not resize). A JPEG much larger than that is decoded at 1/2, 1/4 or 1/8 by
/// a smaller inverse cosine transform: the smallest size that divides both sides without remainder and leaves each side at least as long as
/// the target's. That takes a fraction of the time. It averages pixels slightly differently from a full decode with cv::INTER_AREA. Every bit
/// of the file is still decoded, so damage is found. Other kinds are read in full.
DecodedImage read_image_for(const std::filesystem::path& path, std::int64_t max_pixels, const Size& target);

/// Reads only the header.
Size read_image_size(const std::filesystem::path& path, std::int64_t max_pixels);

/// Reads only PNG.
StoredLabels read_label_png(const std::filesystem::path& path, std::int64_t max_pixels);

}  // namespace seg
