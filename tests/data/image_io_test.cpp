#include "data/image_io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "data/augment/transforms.hpp"
#include "data/image_header.hpp"
#include "data/png_files.hpp"
#include "data/same.hpp"

namespace seg {
namespace {

using test::PngKind;
using test::same;
using test::TemporaryFolder;
using test::write_png;
using test::write_text;
using testing::HasSubstr;

constexpr std::int64_t kMaxPixels = 10'000;

cv::Mat counting(int rows, int cols, int type, int modulo) {
  cv::Mat values(rows, cols, type);
  for (int i = 0; i < rows * cols * values.channels(); ++i) {
    if (values.depth() == CV_16U) {
      values.ptr<std::uint16_t>()[i] = static_cast<std::uint16_t>(i * 257 % modulo);
    } else {
      values.data[i] = static_cast<std::uint8_t>(i % modulo);
    }
  }
  return values;
}

std::string defect_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_FALSE(error.hint.empty());
    return error.what();
  }
  return {};
}

void expect_exact_labels(const cv::Mat& values, const PngKind& kind) {
  const TemporaryFolder folder;
  write_png(folder / "labels.png", values, kind);
  const StoredLabels read = read_label_png(folder / "labels.png", kMaxPixels);
  EXPECT_TRUE(same(read.values, values)) << "bits " << kind.bit_depth << ", color type " << kind.color_type;
  EXPECT_EQ(read.palette, kind.palette);
}

TEST(ReadLabelPng, KeepsGreyValuesOfEveryDepth) {
  for (const int bits : {1, 2, 4, 8}) expect_exact_labels(counting(7, 13, CV_8UC1, 1 << bits), {.bit_depth = bits});
  expect_exact_labels(counting(7, 13, CV_16UC1, 65536), {.bit_depth = 16});
}

TEST(ReadLabelPng, KeepsPaletteIndices) {
  const test::Palette palette = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}};
  for (const int bits : {2, 4, 8}) {
    expect_exact_labels(counting(5, 9, CV_8UC1, 3), {.bit_depth = bits, .color_type = SPNG_COLOR_TYPE_INDEXED, .palette = palette});
  }
}

TEST(ReadLabelPng, KeepsColorsAndAlpha) {
  expect_exact_labels(counting(5, 9, CV_8UC2, 251), {.color_type = SPNG_COLOR_TYPE_GRAYSCALE_ALPHA});
  expect_exact_labels(counting(5, 9, CV_8UC3, 251), {.color_type = SPNG_COLOR_TYPE_TRUECOLOR});
  expect_exact_labels(counting(5, 9, CV_16UC3, 65536), {.bit_depth = 16, .color_type = SPNG_COLOR_TYPE_TRUECOLOR});
  expect_exact_labels(counting(5, 9, CV_16UC4, 65536), {.bit_depth = 16, .color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA});
}

TEST(ReadLabelPng, ReadsInterlacedFiles) {
  expect_exact_labels(counting(11, 13, CV_8UC1, 256), {.interlaced = true});
  expect_exact_labels(counting(11, 13, CV_8UC1, 4), {.bit_depth = 2, .interlaced = true});
}

TEST(ReadLabelPng, RefusesOtherKinds) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "labels.jpg").string(), cv::Mat(4, 4, CV_8UC1, cv::Scalar(3)));
  EXPECT_THAT(defect_of([&] { read_label_png(folder / "labels.jpg", kMaxPixels); }), HasSubstr("not a PNG"));
}

TEST(ReadLabelPng, SeesTruncationAnywhere) {
  const TemporaryFolder folder;
  const std::string bytes = test::png_bytes(counting(9, 9, CV_8UC1, 200));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    write_text(folder / "cut.png", bytes.substr(0, length));
    EXPECT_NE(defect_of([&] { read_label_png(folder / "cut.png", kMaxPixels); }), "") << length << " of " << bytes.size() << " bytes";
  }
}

TEST(ReadLabelPng, SeesEveryFlippedBit) {
  const TemporaryFolder folder;
  const std::string bytes = test::png_bytes(counting(9, 9, CV_8UC1, 200));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    write_text(folder / "flipped.png", damaged);
    EXPECT_NE(defect_of([&] { read_label_png(folder / "flipped.png", kMaxPixels); }), "") << "byte " << i;
  }
}

TEST(ReadImage, TurnsEveryPngIntoRgb) {
  const TemporaryFolder folder;
  write_png(folder / "grey.png", cv::Mat(2, 3, CV_8UC1, cv::Scalar(9)));
  write_png(folder / "palette.png", cv::Mat(2, 3, CV_8UC1, cv::Scalar(1)),
            {.color_type = SPNG_COLOR_TYPE_INDEXED, .palette = {{1, 2, 3}, {4, 5, 6}}});
  write_png(folder / "rgba.png", cv::Mat(2, 3, CV_8UC4, cv::Scalar(1, 2, 3, 0)), {.color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA});
  write_png(folder / "deep.png", cv::Mat(2, 3, CV_16UC3, cv::Scalar(257 * 5, 257 * 6, 257 * 7)),
            {.bit_depth = 16, .color_type = SPNG_COLOR_TYPE_TRUECOLOR});
  const auto first_pixel = [&](const char* name) {
    const cv::Mat image = read_image(folder / name, kMaxPixels);
    EXPECT_EQ(image.size(), cv::Size(3, 2));
    return image.at<cv::Vec3b>(0, 0);
  };
  EXPECT_EQ(first_pixel("grey.png"), cv::Vec3b(9, 9, 9));
  EXPECT_EQ(first_pixel("palette.png"), cv::Vec3b(4, 5, 6));
  EXPECT_EQ(first_pixel("rgba.png"), cv::Vec3b(1, 2, 3));
  EXPECT_EQ(first_pixel("deep.png"), cv::Vec3b(5, 6, 7));
}

TEST(ReadImage, ReadsJpegAsRgb) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "a.jpg").string(), cv::Mat(16, 24, CV_8UC3, cv::Scalar(30, 60, 200)));  // OpenCV: BGR
  const cv::Mat image = read_image(folder / "a.jpg", kMaxPixels);
  ASSERT_EQ(image.size(), cv::Size(24, 16));
  const auto pixel = image.at<cv::Vec3b>(8, 8);
  EXPECT_NEAR(pixel[0], 200, 3);
  EXPECT_NEAR(pixel[1], 60, 3);
  EXPECT_NEAR(pixel[2], 30, 3);
}

TEST(ReadImage, ReadsGreyJpeg) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "a.jpg").string(), cv::Mat(16, 16, CV_8UC1, cv::Scalar(77)));
  EXPECT_EQ(read_image(folder / "a.jpg", kMaxPixels).at<cv::Vec3b>(3, 3), cv::Vec3b(77, 77, 77));
}

TEST(ReadImage, SeesTruncatedJpeg) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "a.jpg").string(), counting(48, 48, CV_8UC3, 251));
  const std::string bytes = test::read_text(folder / "a.jpg");
  for (std::size_t length = 0; length < bytes.size(); length += 7) {
    write_text(folder / "cut.jpg", bytes.substr(0, length));
    EXPECT_NE(defect_of([&] { read_image(folder / "cut.jpg", kMaxPixels); }), "") << length << " of " << bytes.size() << " bytes";
  }
}

/// Sky, a road and walls with some grain and an edge every few pixels: what a street picture is made of.
cv::Mat street(int rows, int cols) {
  cv::Mat picture(rows, cols, CV_8UC3);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < cols; ++x) {
      const double wave = 30 * std::sin(x * 0.05 + y * 0.02) + (x / 23 % 3 == 0 ? 25 : 0) + (y > rows / 2 ? -40 : 20) + (x * 7 + y * 13) % 5;
      picture.at<cv::Vec3b>(y, x) = {cv::saturate_cast<std::uint8_t>(120 + wave), cv::saturate_cast<std::uint8_t>(110 + 0.8 * wave),
                                     cv::saturate_cast<std::uint8_t>(100 - 0.5 * wave)};
    }
  }
  return picture;
}

TEST(ReadImageFor, ReducesJpegByFactorsThatDivideAndLeaveTheTargetsSize) {
  const TemporaryFolder folder;
  const auto size_for = [&](int rows, int cols, const Size& target) {
    cv::imwrite((folder / "a.jpg").string(), cv::Mat(rows, cols, CV_8UC3, cv::Scalar::all(9)));
    const DecodedImage image = read_image_for(folder / "a.jpg", kMaxPixels, target);
    EXPECT_EQ(image.file_size, (Size{rows, cols}));
    return Size{image.pixels.rows, image.pixels.cols};
  };
  EXPECT_EQ(size_for(64, 96, {}), (Size{64, 96}));
  EXPECT_EQ(size_for(64, 96, {32, 48}), (Size{32, 48}));
  EXPECT_EQ(size_for(64, 96, {33, 48}), (Size{64, 96}));
  EXPECT_EQ(size_for(64, 96, {15, 20}), (Size{16, 24}));
  EXPECT_EQ(size_for(64, 96, {1, 1}), (Size{8, 12}));
  EXPECT_EQ(size_for(66, 96, {1, 1}), (Size{33, 48}));
  EXPECT_EQ(size_for(65, 96, {1, 1}), (Size{65, 96}));
}

TEST(ReadImageFor, ReducesNoOtherKind) {
  const TemporaryFolder folder;
  test::write_image(folder / "a.png", 64, 96);
  EXPECT_EQ(read_image_for(folder / "a.png", kMaxPixels, {8, 12}).pixels.rows, 64);
}

TEST(ReadImageFor, DiffersLittleFromAFullDecode) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "a.jpg").string(), street(256, 512), {cv::IMWRITE_JPEG_QUALITY, 92});
  const cv::Mat full = read_image(folder / "a.jpg", 1'000'000);
  for (const int part : {2, 4, 8}) {
    const Size target{256 / part - 3, 512 / part - 5};
    const cv::Mat reduced = read_image_for(folder / "a.jpg", 1'000'000, target).pixels;
    ASSERT_EQ(reduced.rows, 256 / part);
    const cv::Mat expected = resize_image(full, target), actual = resize_image(reduced, target);
    const double mean_difference = cv::norm(expected, actual, cv::NORM_L1) / static_cast<double>(expected.total() * 3);
    EXPECT_LT(mean_difference, 1.2) << "1/" << part;  // half a pixel aside it would be 1.4 or more
  }
}

TEST(ReadImageFor, SeesTruncationWhereItReduces) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "a.jpg").string(), counting(48, 48, CV_8UC3, 251));
  const std::string bytes = test::read_text(folder / "a.jpg");
  for (std::size_t length = 0; length < bytes.size(); length += 7) {
    write_text(folder / "cut.jpg", bytes.substr(0, length));
    EXPECT_NE(defect_of([&] { read_image_for(folder / "cut.jpg", kMaxPixels, {6, 6}); }), "") << length << " of " << bytes.size() << " bytes";
  }
}

TEST(ReadImage, ReadsOtherKindsAndSeesTheirTruncation) {
  const TemporaryFolder folder;
  const cv::Mat bgr(20, 30, CV_8UC3, cv::Scalar(3, 2, 1));
  for (const char* name : {"a.bmp", "a.ppm", "a.tiff"}) {
    cv::imwrite((folder / name).string(), bgr);
    EXPECT_EQ(read_image(folder / name, kMaxPixels).at<cv::Vec3b>(19, 29), cv::Vec3b(1, 2, 3)) << name;
    EXPECT_EQ(read_image_size(folder / name, kMaxPixels), (Size{20, 30})) << name;
    const std::string bytes = test::read_text(folder / name);
    write_text(folder / name, bytes.substr(0, bytes.size() / 2));
    EXPECT_NE(defect_of([&] { read_image(folder / name, kMaxPixels); }), "") << name;
  }
}

TEST(ReadImage, ChecksMaxPixelsOnTheHeader) {
  const TemporaryFolder folder;
  const cv::Mat image(10, 10, CV_8UC3, cv::Scalar::all(0));
  for (const char* name : {"a.png", "a.jpg", "a.bmp"}) {
    cv::imwrite((folder / name).string(), image);
    EXPECT_THAT(defect_of([&] { read_image(folder / name, 99); }), HasSubstr("data.max_pixels")) << name;
    EXPECT_EQ(read_image(folder / name, 100).rows, 10) << name;
  }
}

TEST(ReadImage, RefusesAHugeHeaderBeforeDecoding) {
  const TemporaryFolder folder;
  write_text(folder / "bomb.ppm", "P6\n# a comment\n1000000 1000000\n255\n");
  EXPECT_THAT(defect_of([&] { read_image(folder / "bomb.ppm", 50'000'000); }), HasSubstr("1000000x1000000"));
}

TEST(ReadImage, NamesEmptyAndMissingFiles) {
  const TemporaryFolder folder;
  write_text(folder / "empty.png", "");
  EXPECT_THAT(defect_of([&] { read_image(folder / "empty.png", kMaxPixels); }), HasSubstr("is empty"));
  EXPECT_THROW(read_image(folder / "missing.png", kMaxPixels), Error);
}

TEST(ReadImageSize, AgreesWithTheImage) {
  const TemporaryFolder folder;
  test::write_image(folder / "a.png", 5, 8);
  cv::imwrite((folder / "a.jpg").string(), cv::Mat(6, 9, CV_8UC3, cv::Scalar::all(0)));
  EXPECT_EQ(read_image_size(folder / "a.png", kMaxPixels), (Size{5, 8}));
  EXPECT_EQ(read_image_size(folder / "a.jpg", kMaxPixels), (Size{6, 9}));
}

/// A little-endian EXIF block with the one tag "orientation".
std::string exif_block(char orientation) {
  std::string block("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0_\0\0\0\0\0\0\0", 26);
  block[18] = orientation;
  return block;
}

TEST(ReadImage, IgnoresExifRotation) {
  const TemporaryFolder folder;
  cv::imwrite((folder / "a.jpg").string(), cv::Mat(16, 32, CV_8UC3, cv::Scalar::all(50)));
  std::string bytes = test::read_text(folder / "a.jpg");
  const std::string segment = std::string("Exif\0\0", 6) + exif_block(6);
  bytes.insert(2, std::string("\xFF\xE1\0", 3) + static_cast<char>(segment.size() + 2) + segment);
  write_text(folder / "rotated.jpg", bytes);
  EXPECT_EQ(jpeg_orientation(bytes), 6);
  EXPECT_EQ(read_image(folder / "rotated.jpg", kMaxPixels).size(), cv::Size(32, 16));
}

TEST(ExifOrientation, IsOneWhereThereIsNone) {
  EXPECT_EQ(exif_orientation(exif_block(3)), 3);
  EXPECT_EQ(exif_orientation(exif_block(9)), 1);
  EXPECT_EQ(exif_orientation("II*"), 1);
  EXPECT_EQ(jpeg_orientation("\xFF\xD8\xFF"), 1);
}

/// What a fuzzer found: a WebP file that its reader refuses, with the mark of DICOM, whose reader ended the program by an assertion.
TEST(ReadImage, RefusesWhatPassesForDicom) {
  const std::string hex =
      "5249464628000000574542505650384c1c000049492a003e00000080008020001c160d078442434190c4261d0f190c4610f8a41c94492445634623098237153d"
      "1e4f11f8a249c2909243d54a954400384c1c0000002fff45a61d010c00000103000107cd64000000080000000101030001000000080000000d49484452000002"
      "4449434d02000800010001000100";
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  const TemporaryFolder folder;
  write_text(folder / "image.webp", bytes);
  EXPECT_THROW(read_image(folder / "image.webp", 1 << 16), Error);
  EXPECT_THROW(read_image_size(folder / "image.webp", 1 << 16), Error);
}

}  // namespace
}  // namespace seg
