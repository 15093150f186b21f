// The image and label decoders: any file becomes pixels within the limit, train ids of the table, or a data error.
#include "data/image_io.hpp"
#include "data/label_encoding.hpp"
#include "input.hpp"

namespace {

constexpr std::int64_t kMaxPixels = 1 << 16;

seg::ClassFile some_classes() {
  seg::ClassFile file;
  for (int id = 0; id < 12; ++id) file.classes.push_back({"class" + std::to_string(id), {static_cast<std::uint8_t>(id), 0, 0}, id});
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Source = seg::LabelEncoding::Source;
  static const seg::ClassFile classes = some_classes();
  static const std::vector<seg::LabelEncoding> encodings{seg::index_encoding(classes, false, Source::kIndex),
                                                         seg::index_encoding(classes, false, Source::kFirstChannel),
                                                         seg::color_encoding(classes, false)};
  const seg::fuzz::InputFile input(data, size);
  const auto path = input.path();
  seg::fuzz::expect_error_at_most(seg::ErrorKind::kData, [&] {
    const cv::Mat image = seg::read_image(path, kMaxPixels);
    if (image.type() != CV_8UC3 || static_cast<std::int64_t>(image.total()) > kMaxPixels) std::abort();
    const seg::Size size_told = seg::read_image_size(path, kMaxPixels);
    if (size_told.height != image.rows || size_told.width != image.cols) std::abort();
  });
  for (const seg::LabelEncoding& encoding : encodings) {
    seg::fuzz::expect_error_at_most(seg::ErrorKind::kData, [&] {
      const seg::TrainIds ids = seg::to_train_ids(seg::read_label_png(path, kMaxPixels), encoding, "fuzz.png");
      for (int y = 0; y < ids.labels.rows; ++y)
        for (int x = 0; x < ids.labels.cols; ++x)
          if (const auto id = ids.labels.at<std::uint8_t>(y, x); id != 255 && id >= 12) std::abort();
    });
  }
  return 0;
}
