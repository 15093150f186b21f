// How the parts of a panel lie side by side, for what draws them (data/drawing) and what cuts them out again (report/pages).
#pragma once

namespace seg {

// image | ground truth | prediction | errors, of equal width
inline constexpr int kPanelParts = 4;
inline constexpr int kPanelGap = 4;  // pixels between two parts

}  // namespace seg
