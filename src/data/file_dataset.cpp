#include "data/file_dataset.hpp"

#include "base/error.hpp"
#include "data/image_io.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

void refuse_unknown(const FilePair& pair, const std::vector<UnknownValue>& unknown) {
  if (unknown.empty()) return;
  std::vector<std::string> values;
  values.reserve(unknown.size());
  for (const UnknownValue& entry : unknown) values.push_back(entry.value + " (" + std::to_string(entry.pixels) + " pixels)");
  throw Error(ErrorKind::kData, pair.labels.string() + ": label values outside the class table: " + first_ten(values),
              "add them to the class table, as a class or under ignore; `segdata check` lists all of them");
}

}  // namespace

std::string size_mismatch(const Size& image, const cv::Mat& labels) {
  return size_of(labels) == image ? "" : "the labels are " + to_string(size_of(labels)) + ", the image is " + to_string(image);
}

cv::Mat FileDataset::decode_labels(const FilePair& pair, const Size& image_size) const {
  const StoredLabels stored = read_label_png(pair.labels, max_pixels_);
  const std::string mismatch = size_mismatch(image_size, stored.values);
  if (!mismatch.empty()) {
    throw Error(ErrorKind::kData, pair.labels.string() + ": " + mismatch + " (" + pair.image.string() + ")",
                "labels have one value for each pixel of the image");
  }
  TrainIds decoded = to_train_ids(stored, listing_.encoding, pair.labels.string());
  refuse_unknown(pair, decoded.unknown);
  return decoded.labels;
}

Sample FileDataset::get(std::int64_t index) const {
  const FilePair& files = pair(index);
  const DecodedImage image = read_image_for(files.image, max_pixels_, frame_.image);
  const cv::Mat labels = decode_labels(files, image.file_size);
  return {resize_image(image.pixels, frame_.image), resize_labels(labels, frame_.labels), files.id};
}

cv::Mat FileDataset::read_labels(std::int64_t index) const {
  const FilePair& files = pair(index);
  return decode_labels(files, read_image_size(files.image, max_pixels_));
}

}  // namespace seg
