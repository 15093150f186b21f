#include "data/datasets/synthia_seqs.hpp"

#include <algorithm>
#include <set>

#include "data/splits.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;

using FrameNames = std::set<std::string>;

std::vector<std::string> chosen_or_all(const std::vector<std::string>& chosen, const fs::path& folder, const std::string& hint) {
  return chosen.empty() ? folder_names(folder, hint) : chosen;
}

/// Adds every side and camera of a sequence; gives the frames that any of them has.
FrameNames add_sequence(const DataOptions& options, const std::string& sequence, Pairing& pairing) {
  const std::string hint = how_to_get("synthia_seqs");
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

/// The pairs of one sequence whose frame lies in the split's block: the same frames for all sides and cameras.
void keep_block(const std::vector<FilePair>& all, const std::string& sequence, const FrameNames& frames, const std::string& split, std::int64_t gap,
                std::vector<FilePair>& kept) {
  const FrameRange range = blocked_split(static_cast<std::int64_t>(frames.size()), split, gap);
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
  const std::set<std::string> sequences(own.sequences.begin(), own.sequences.end());
  std::map<std::string, FrameNames> frames;
  for (const std::string& sequence : sequences) frames[sequence] = add_sequence(options, sequence, pairing);
  const std::vector<FilePair> all = pairing.take();

  Listing listing{{}, index_encoding(classes, options.train_void(), LabelEncoding::Source::kFirstChannel), {}};
  if (own.split == SequenceSplit::kBlocked) {
    for (const std::string& sequence : sequences) keep_block(all, sequence, frames[sequence], split, own.gap, listing.pairs);
  } else {
    for (const std::int64_t index : random_split(static_cast<std::int64_t>(all.size()), split, static_cast<std::uint64_t>(own.seed))) {
      listing.pairs.push_back(all[static_cast<std::size_t>(index)]);
    }
  }
  return listing;
}

}  // namespace seg
