#include "data/datasets/camvid.hpp"

namespace seg {

Listing list_camvid(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const std::filesystem::path root = options.root;
  const std::string hint = how_to_get("camvid");
  const FilesByStem images = find_by_stem(root / split, "", hint);  // the one that is told of where both are missing
  Pairing pairing(root);
  pairing.add(images, find_by_stem(root / (split + "annot"), "", hint));
  return {{}, index_encoding(classes, options.train_void(), LabelEncoding::Source::kIndex), pairing.take()};
}

}  // namespace seg
