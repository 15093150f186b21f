// Which images belong together when a split is drawn anew: blocks of consecutive frames of a video.
//
//   The frames of a sequence have ids with the same folder and the same text before the last digits of the file name (0001TP_ of
//   0001TP_006690.png, Seq05VD_f of Seq05VD_f00030.png); a name without digits is a sequence of its own. A sequence of n frames, in
//   the order of the ids, is cut into ceil(n / block) blocks that differ by one frame at most: the fixed blocks of Carlstein, The use
//   of subseries values for estimating the variance of a general statistic, Annals of Statistics 14, 1986. The overlapping ones of
//   Künsch (Annals of Statistics 17, 1989) use a long sequence better, but draw the frames of short sequences and the ends of all
//   less often than others, and splits have many of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace seg {

/// Frames a block where nobody says: 10 for the data sets that are video (camvid, synthia_seqs), 1 for independent images.
std::int64_t default_block(const std::string& dataset);

/// Indices into `ids` (sorted), a list a block of at most `block` (>= 1) frames; blocks in the order of their first frames.
/// The views of several cameras are sequences of their own.
std::vector<std::vector<std::size_t>> frame_blocks(const std::vector<std::string>& ids, std::int64_t block);

}  // namespace seg
