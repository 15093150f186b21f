#include "data/datasets/cityscapes.hpp"

namespace seg {

Listing list_cityscapes(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const std::filesystem::path root = options.root;
  const std::string hint = how_to_get("cityscapes");
  Pairing pairing(root);
  const FilesByStem images = find_by_stem(root / "leftImg8bit" / split, "_leftImg8bit.png", hint);
  pairing.add(images,
              find_by_stem(root / "gtFine" / split, "_gtFine_" + config::name_of(options.cityscapes.labels, kCityscapesLabels) + ".png", hint));
  const bool holds_train_ids = options.cityscapes.labels == CityscapesLabels::kLabelTrainIds;
  return {{},
          holds_train_ids ? train_id_encoding(classes, options.train_void())
                          : index_encoding(classes, options.train_void(), LabelEncoding::Source::kIndex),
          pairing.take()};
}

}  // namespace seg
