// Reads images and label files: exact values, and damage is an error, never a grey corner.
//
// PNG is read with libspng, because OpenCV turns palettes into colours and stretches 1-, 2- and 4-bit greys; JPEG with
// libjpeg-turbo and its warnings as errors, because OpenCV returns half an image without a word; other kinds with OpenCV.
// EXIF rotation is ignored, so that an image stays on its labels; the log says so once.
// All functions throw kData naming file and defect, are safe from several threads, and take no memory for pixels before
// `max_pixels` has been held against the header.
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
  std::vector<std::array<std::uint8_t, 3>> palette;  // RGB; not empty where the values are indices into it
};

/// CV_8UC3, RGB; greys are spread over the channels, alpha is dropped, 16 bit become 8.
cv::Mat read_image(const std::filesystem::path& path, std::int64_t max_pixels);

/// An image that may have been decoded at a part of its size.
struct DecodedImage {
  cv::Mat pixels;  // as read_image gives them
  Size file_size;  // what the file's header says
};

/// The image for a caller that resizes it to `target` (0x0: to nothing). A JPEG much larger than that is decoded at 1/2, 1/4 or 1/8 by
/// a smaller inverse cosine transform, the smallest that divides both sides without rest and leaves each side at least as long as
/// the target's. That costs a fraction of the time and averages pixels slightly otherwise than a full decode and cv::INTER_AREA; every bit
/// of the file is still decoded, and damage seen. Other kinds are read in full.
DecodedImage read_image_for(const std::filesystem::path& path, std::int64_t max_pixels, const Size& target);

/// From the header alone.
Size read_image_size(const std::filesystem::path& path, std::int64_t max_pixels);

/// PNG only.
StoredLabels read_label_png(const std::filesystem::path& path, std::int64_t max_pixels);

}  // namespace seg
