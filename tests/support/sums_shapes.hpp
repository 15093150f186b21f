// The shapes on which the kernels of class_sums are held against the reference, on every device.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <ostream>

namespace seg::test {

struct SumsShape {
  std::int64_t batch, classes, in_height, in_width, out_height, out_width;
};

inline std::ostream& operator<<(std::ostream& out, const SumsShape& s) {
  return out << s.batch << "x" << s.classes << " " << s.in_height << "x" << s.in_width << " to " << s.out_height << "x" << s.out_width;
}

inline constexpr SumsShape kSumsShapes[] = {{2, 5, 4, 6, 16, 24},    {1, 1, 3, 3, 7, 5}, {3, 7, 1, 1, 33, 9},
                                            {1, 19, 13, 17, 50, 66}, {2, 3, 9, 9, 9, 9}, {1, 4, 40, 30, 11, 7},
                                            {2, 255, 3, 2, 5, 8},    {1, 2, 5, 1, 1, 1}, {1, 12, 2, 50, 100, 3}};

/// uint8 [batch,out_height,out_width]; a fifth is ignored.
inline torch::Tensor random_labels(const SumsShape& s) {
  torch::Tensor labels = torch::randint(0, s.classes, {s.batch, s.out_height, s.out_width}).to(torch::kByte);
  return labels.masked_fill(torch::rand({s.batch, s.out_height, s.out_width}).lt(0.2), 255);
}

}  // namespace seg::test
