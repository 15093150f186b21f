#include "data/image_io.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <spdlog/spdlog.h>
#include <spng.h>
#include <turbojpeg.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/image_header.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

constexpr std::size_t kHeaderBytes = 256 * 1024;   // enough for the header of almost all files
constexpr std::size_t kPngChunkBytes = 16u << 20;  // limit for one chunk that is not pixels, and for all of them together
constexpr std::uintmax_t kOverheadBytes = 16u << 20;

[[noreturn]] void refuse(const fs::path& path, const std::string& defect, const std::string& hint) {
  throw Error(ErrorKind::kData, path.string() + ": " + defect, hint);
}

[[noreturn]] void refuse_damaged(const fs::path& path, const std::string& kind, const std::string& defect) {
  refuse(path, "damaged " + kind + ": " + defect, "get the file again, or set data.on_error: skip");
}

void check_pixels(const fs::path& path, const Size& size, std::int64_t max_pixels) {
  if (size.height <= max_pixels / size.width) return;
  refuse(path, "its " + to_string(size) + " pixels exceed data.max_pixels, " + std::to_string(max_pixels),
         "raise data.max_pixels, or shrink the image");
}

/// Limits the file size: no PNG or JPEG is much larger than its pixels with four 16-bit channels.
std::string read_bytes(const fs::path& path, std::int64_t max_pixels) {
  std::string bytes = read_file(path, 8 * static_cast<std::uintmax_t>(max_pixels) + kOverheadBytes, ErrorKind::kData);
  if (bytes.empty()) refuse(path, "the file is empty", "get the file again, or set data.on_error: skip");
  return bytes;
}

void note_orientation(const fs::path& path, int orientation) {
  static std::once_flag said;
  if (orientation == 1) return;
  std::call_once(said, [&] {
    spdlog::warn("{} has the EXIF orientation {}; EXIF rotation is ignored, in this image and in all others", path.string(), orientation);
  });
}

/// A PNG in memory whose header has been read.
class Png {
 public:
  Png(const std::string& bytes, const fs::path& path, std::int64_t max_pixels)
      : bytes_(bytes), path_(path), context_(spng_ctx_new(0), &spng_ctx_free) {
    if (!context_) throw std::bad_alloc();
    check(spng_set_crc_action(context_.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR));
    check(spng_set_chunk_limits(context_.get(), kPngChunkBytes, kPngChunkBytes));
    check(spng_set_png_buffer(context_.get(), bytes.data(), bytes.size()));
    check(spng_get_ihdr(context_.get(), &header_));
    check_pixels(path, size(), max_pixels);
  }

  const spng_ihdr& header() const { return header_; }
  Size size() const { return {header_.height, header_.width}; }

  /// Decodes to the end of the file, so that a defect after the pixels is also found.
  void decode(spng_format format, void* target, std::size_t bytes) {
    check(spng_decode_image(context_.get(), target, bytes, format, 0));
    check(spng_decode_chunks(context_.get()));
    // libspng stops reading before the checksum of the last chunk, which is the same in every PNG.
    if (bytes_.rfind("IEND\xAE\x42\x60\x82") == std::string::npos) refuse_damaged(path_, "PNG", "its end is missing");
  }

  std::vector<std::array<std::uint8_t, 3>> palette() {
    spng_plte plte{};
    check(spng_get_plte(context_.get(), &plte));
    std::vector<std::array<std::uint8_t, 3>> colors;
    for (std::uint32_t i = 0; i < plte.n_entries; ++i) colors.push_back({plte.entries[i].red, plte.entries[i].green, plte.entries[i].blue});
    return colors;
  }

  int orientation() {
    spng_exif exif{};
    return spng_get_exif(context_.get(), &exif) == SPNG_OK ? exif_orientation({exif.data, exif.length}) : 1;
  }

 private:
  void check(int code) const {
    if (code == SPNG_EMEM) throw std::bad_alloc();
    if (code != SPNG_OK) refuse_damaged(path_, "PNG", spng_strerror(code));
  }

  const std::string& bytes_;
  fs::path path_;
  std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> context_;
  spng_ihdr header_{};
};

/// A JPEG in memory whose header has been read.
class Jpeg {
 public:
  Jpeg(const std::string& bytes, const fs::path& path, std::int64_t max_pixels)
      : bytes_(bytes), path_(path), handle_(tjInitDecompress(), &tjDestroy) {
    if (!handle_) throw std::bad_alloc();
    int width = 0, height = 0, subsampling = 0, colorspace = 0;
    check(tjDecompressHeader3(handle_.get(), data(), bytes_.size(), &width, &height, &subsampling, &colorspace));
    if (width <= 0 || height <= 0) refuse_damaged(path_, "JPEG", "its header has no size");
    size_ = {height, width};
    check_pixels(path, size_, max_pixels);
  }

  Size size() const { return size_; }

  /// Decodes at the size of `rgb`, which is the size in the header, or exactly a half, quarter or eighth of it.
  void decode(cv::Mat& rgb) {
    // The scan limit refuses small files that would take minutes to decode.
    check(tjDecompress2(handle_.get(), data(), bytes_.size(), rgb.data, rgb.cols, static_cast<int>(rgb.step[0]), rgb.rows, TJPF_RGB,
                        TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT));
  }

 private:
  const unsigned char* data() const { return reinterpret_cast<const unsigned char*>(bytes_.data()); }
  void check(int code) const {
    if (code != 0) refuse_damaged(path_, "JPEG", tjGetErrorStr2(handle_.get()));
  }

  const std::string& bytes_;
  fs::path path_;
  std::unique_ptr<void, decltype(&tjDestroy)> handle_;
  Size size_;
};

Size other_size(const std::string& bytes, const fs::path& path, std::int64_t max_pixels) {
  const std::optional<Size> size = header_size(bytes);
  if (!size) refuse(path, "not a readable image", "images are PNG, JPEG, BMP, Netpbm, TIFF or WebP");
  check_pixels(path, *size, max_pixels);
  return *size;
}

cv::Mat decode_other(const std::string& bytes, const fs::path& path, const Size& size) {
  const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
  cv::Mat image;
  try {
    image = cv::imdecode(buffer, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& error) {
    refuse_damaged(path, "image", error.err);
  }
  if (image.empty() || image.rows != size.height || image.cols != size.width) refuse_damaged(path, "image", "OpenCV cannot decode it");
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  return image;
}

Size size_in(const std::string& bytes, const fs::path& path, std::int64_t max_pixels) {
  if (is_png(bytes)) return Png(bytes, path, max_pixels).size();
  if (is_jpeg(bytes)) return Jpeg(bytes, path, max_pixels).size();
  return other_size(bytes, path, max_pixels);
}

/// From the bits of a PNG's color type: 1 for a palette, 2 for colors, 4 for alpha.
int channels_of(const spng_ihdr& header) {
  if (header.color_type == SPNG_COLOR_TYPE_INDEXED) return 1;
  return ((header.color_type & 2) != 0 ? 3 : 1) + ((header.color_type & 4) != 0 ? 1 : 0);
}

/// Several values per byte, the first in the high bits; each row starts at a new byte.
cv::Mat decode_packed(Png& png, int bits) {
  const std::size_t row_bytes = (std::size_t{png.header().width} * static_cast<std::size_t>(bits) + 7) / 8;
  std::vector<std::uint8_t> packed(row_bytes * png.header().height);
  png.decode(SPNG_FMT_PNG, packed.data(), packed.size());
  cv::Mat values(cv_size(png.size()), CV_8UC1);
  const int mask = (1 << bits) - 1;
  for (int y = 0; y < values.rows; ++y) {
    const std::uint8_t* row = packed.data() + static_cast<std::size_t>(y) * row_bytes;
    for (int x = 0; x < values.cols; ++x) {
      const int bit = x * bits;
      values.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>((row[bit / 8] >> (8 - bits - bit % 8)) & mask);
    }
  }
  return values;
}

/// The size at which to decode a JPEG that is then resized to `target`.
Size reduced_size(const Size& full, const Size& target) {
  if (target == Size{}) return full;
  for (const std::int64_t part : {8, 4, 2}) {
    const Size reduced{full.height / part, full.width / part};
    const bool exact = reduced.height * part == full.height && reduced.width * part == full.width;
    if (exact && reduced.height >= target.height && reduced.width >= target.width) return reduced;
  }
  return full;
}

}  // namespace

cv::Mat read_image(const fs::path& path, std::int64_t max_pixels) { return read_image_for(path, max_pixels, {}).pixels; }

DecodedImage read_image_for(const fs::path& path, std::int64_t max_pixels, const Size& target) {
  const std::string bytes = read_bytes(path, max_pixels);
  if (is_png(bytes)) {
    Png png(bytes, path, max_pixels);
    cv::Mat image(cv_size(png.size()), CV_8UC3);
    png.decode(SPNG_FMT_RGB8, image.data, image.total() * image.elemSize());
    note_orientation(path, png.orientation());
    return {image, png.size()};
  }
  if (is_jpeg(bytes)) {
    Jpeg jpeg(bytes, path, max_pixels);
    cv::Mat image(cv_size(reduced_size(jpeg.size(), target)), CV_8UC3);
    jpeg.decode(image);
    note_orientation(path, jpeg_orientation(bytes));
    return {image, jpeg.size()};
  }
  const Size size = other_size(bytes, path, max_pixels);
  return {decode_other(bytes, path, size), size};
}

Size read_image_size(const fs::path& path, std::int64_t max_pixels) {
  if (!fs::is_regular_file(path)) read_bytes(path, max_pixels);  // throws the right error; opening a pipe would wait for ever
  std::string head(kHeaderBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  try {
    return size_in(head, path, max_pixels);
  } catch (const Error&) {
    return size_in(read_bytes(path, max_pixels), path, max_pixels);  // the header may be longer; otherwise this throws the right error
  }
}

StoredLabels read_label_png(const fs::path& path, std::int64_t max_pixels) {
  const std::string bytes = read_bytes(path, max_pixels);
  if (!is_png(bytes)) refuse(path, "not a PNG", "save labels as PNG, because their values must be stored exactly");
  Png png(bytes, path, max_pixels);
  const spng_ihdr& header = png.header();
  StoredLabels labels;
  if (header.bit_depth < 8) {
    labels.values = decode_packed(png, header.bit_depth);
  } else {
    labels.values.create(cv_size(png.size()), CV_MAKETYPE(header.bit_depth == 16 ? CV_16U : CV_8U, channels_of(header)));
    png.decode(SPNG_FMT_PNG, labels.values.data, labels.values.total() * labels.values.elemSize());
  }
  if (header.color_type == SPNG_COLOR_TYPE_INDEXED) labels.palette = png.palette();
  return labels;
}

}  // namespace seg
