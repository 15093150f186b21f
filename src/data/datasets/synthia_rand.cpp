#include "data/datasets/synthia_rand.hpp"

#include "data/splits.hpp"

namespace seg {

Listing list_synthia_rand(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const std::filesystem::path root = options.root;
  const std::string hint = how_to_get("synthia_rand");
  Pairing pairing(root);
  const FilesByStem images = find_by_stem(root / "RGB", "", hint);
  pairing.add(images, find_by_stem(root / "GT" / "LABELS", "", hint));
  const std::vector<FilePair> all = pairing.take();
  Listing listing{{}, index_encoding(classes, options.train_void(), LabelEncoding::Source::kFirstChannel), {}};
  for (const std::int64_t index : random_split(static_cast<std::int64_t>(all.size()), split, static_cast<std::uint64_t>(options.synthia_rand.seed))) {
    listing.pairs.push_back(all[static_cast<std::size_t>(index)]);
  }
  return listing;
}

}  // namespace seg
