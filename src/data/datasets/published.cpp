#include <algorithm>
#include <set>

#include "data/datasets/layouts.hpp"
#include "data/splits.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;

/// A folder below data.root, and the suffix of its file names.
struct FileTree {
  fs::path folder;
  std::string suffix;
};

/// The pairs of two trees. If both are missing, the error names the folder of the images.
std::vector<FilePair> pairs_of(const DataOptions& options, const FileTree& images, const FileTree& labels) {
  const fs::path root = options.root;
  const std::string hint = how_to_get(options.dataset);
  const FilesByStem files = find_by_stem(root / images.folder, images.suffix, hint);
  Pairing pairing(root);
  pairing.add(files, find_by_stem(root / labels.folder, labels.suffix, hint));
  return pairing.take();
}

std::vector<FilePair> random_part(const std::vector<FilePair>& all, const std::string& split, std::int64_t seed) {
  std::vector<FilePair> part;
  for (const std::int64_t index : random_split(std::ssize(all), split, static_cast<std::uint64_t>(seed)))
    part.push_back(all[static_cast<std::size_t>(index)]);
  return part;
}

using FrameNames = std::set<std::string>;

std::vector<std::string> chosen_or_all(const std::vector<std::string>& chosen, const fs::path& folder, const std::string& hint) {
  return chosen.empty() ? folder_names(folder, hint) : chosen;
}

/// Adds every side and camera of a sequence; returns the frames that any of them has.
FrameNames add_sequence(const DataOptions& options, const std::string& sequence, Pairing& pairing) {
  const std::string hint = how_to_get(options.dataset);
  const fs::path images = fs::path(options.root) / sequence / "RGB";
  const fs::path labels = fs::path(options.root) / sequence / "GT" / "LABELS";
  FrameNames frames;
  for (const std::string& side : chosen_or_all(options.synthia_seqs.sides, images, hint)) {
    for (const std::string& camera : chosen_or_all(options.synthia_seqs.cameras, images / side, hint)) {
      const FilesByStem files = find_by_stem(images / side / camera, "", hint);
      pairing.add(files, find_by_stem(labels / side / camera, "", hint));
      for (const auto& [stem, file] : files) frames.insert(stem);
    }
  }
  return frames;
}

/// Keeps the pairs of one sequence whose frame is in the split's block: the same frames for all sides and cameras.
void keep_block(const std::vector<FilePair>& all, const std::string& sequence, const FrameNames& frames, const std::string& split, std::int64_t gap,
                std::vector<FilePair>& kept) {
  const FrameRange range = blocked_split(std::ssize(frames), split, gap);
  const std::vector<std::string> in_order(frames.begin(), frames.end());
  for (const FilePair& pair : all) {
    if (!pair.id.starts_with(sequence + "/RGB/")) continue;
    const auto frame = std::lower_bound(in_order.begin(), in_order.end(), pair.image.stem().string());
    if (range.holds(frame - in_order.begin())) kept.push_back(pair);
  }
}

}  // namespace

Listing list_synthia_seqs(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const SynthiaSeqsOptions& own = options.synthia_seqs;
  Pairing pairing(options.root);
  std::map<std::string, FrameNames> frames;
  for (const std::string& sequence : std::set(own.sequences.begin(), own.sequences.end()))
    frames[sequence] = add_sequence(options, sequence, pairing);
  const std::vector<FilePair> all = pairing.take();
  Listing listing{{}, index_encoding(classes, options.train_void(), LabelEncoding::Source::kFirstChannel), {}};
  if (own.split == SequenceSplit::kPublished) listing.pairs = random_part(all, split, own.seed);
  if (own.split == SequenceSplit::kBlocked)
    for (const auto& [sequence, names] : frames) keep_block(all, sequence, names, split, own.gap, listing.pairs);
  return listing;
}

Listing list_synthia_rand(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const std::vector<FilePair> all = pairs_of(options, {"RGB", ""}, {"GT/LABELS", ""});
  return {
      {}, index_encoding(classes, options.train_void(), LabelEncoding::Source::kFirstChannel), random_part(all, split, options.synthia_rand.seed)};
}

Listing list_cityscapes(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const std::string labels = "_gtFine_" + config::name_of(options.cityscapes.labels, kCityscapesLabels) + ".png";
  std::vector<FilePair> pairs = pairs_of(options, {"leftImg8bit/" + split, "_leftImg8bit.png"}, {"gtFine/" + split, labels});
  const bool holds_train_ids = options.cityscapes.labels == CityscapesLabels::kLabelTrainIds;
  return {{},
          holds_train_ids ? train_id_encoding(classes, options.train_void())
                          : index_encoding(classes, options.train_void(), LabelEncoding::Source::kIndex),
          std::move(pairs)};
}

Listing list_camvid(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  std::vector<FilePair> pairs = pairs_of(options, {split, ""}, {split + "annot", ""});
  return {{}, index_encoding(classes, options.train_void(), LabelEncoding::Source::kIndex), std::move(pairs)};
}

}  // namespace seg
