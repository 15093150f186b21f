#include "engine/evaluation/rank_results.hpp"

#include <nlohmann/json.hpp>

namespace seg {
namespace {

using Json = nlohmann::json;

/// [truth, predicted, both, truth, ...].
Json numbers(const std::vector<ClassPixels>& classes) {
  Json list = Json::array();
  for (const ClassPixels& pixels : classes) {
    list.push_back(pixels.truth);
    list.push_back(pixels.predicted);
    list.push_back(pixels.both);
  }
  return list;
}

std::vector<ClassPixels> class_pixels_of(const Json& list) {
  std::vector<ClassPixels> classes(list.size() / 3);
  for (std::size_t c = 0; c < classes.size(); ++c) classes[c] = {list[3 * c], list[3 * c + 1], list[3 * c + 2]};
  return classes;
}

Json to_json(const ImageResult& image) {
  Json taus = Json::array();
  for (const std::vector<ClassPixels>& classes : image.at_tau) taus.push_back(numbers(classes));
  return {image.id, image.confusion.classes, image.confusion.counts, std::move(taus), image.cross_entropy};
}

ImageResult image_from(const Json& json) {
  ImageResult image{json[0], {json[1], json[2]}, {}, json[4]};
  for (const Json& classes : json[3]) image.at_tau.push_back(class_pixels_of(classes));
  return image;
}

}  // namespace

RankResults of_all_ranks(RankResults own, const Communicator& ranks) {
  if (!ranks.several()) return own;
  Json message{{"stopped", own.stopped}, {"skipped", own.skipped}, {"boundary", numbers(own.boundary)}, {"images", Json::array()}};
  for (const ImageResult& image : own.images) message["images"].push_back(to_json(image));
  // CBOR keeps the bits of doubles.
  const std::vector<std::uint8_t> bytes = Json::to_cbor(message);
  RankResults all{{}, std::vector<ClassPixels>(own.boundary.size()), {}, false};
  for (const std::string& text : ranks.gather({bytes.begin(), bytes.end()})) {
    const Json part = Json::from_cbor(text);
    all.stopped = all.stopped || part["stopped"].get<bool>();
    add(all.boundary, class_pixels_of(part["boundary"]));
    for (const Json& line : part["skipped"]) all.skipped.push_back(line.get<std::string>());
    for (const Json& image : part["images"]) all.images.push_back(image_from(image));
  }
  return all;
}

}  // namespace seg
