#include "ops/bilinear_axis.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/version.h>

#include "ops/class_sums.hpp"
#include "support/golden.hpp"

namespace seg {
namespace {

struct AxisCase {
  std::int64_t in, out;
  bool align_corners;
};

std::ostream& operator<<(std::ostream& out, const AxisCase& c) {
  return out << c.in << " to " << c.out << (c.align_corners ? ", align corners" : ", half pixel");
}

/// [out,in]: how much of each source position each position takes.
template <class Scalar>
at::Tensor matrix(const AxisCase& c) {
  const auto axis = bilinear_axis<Scalar>(c.in, c.out, c.align_corners);
  at::Tensor shares = at::zeros({c.out, c.in}, at::kDouble);
  auto entry = shares.accessor<double, 2>();
  for (std::int64_t i = 0; i < c.out; ++i) {
    const double weight = axis.weight[static_cast<std::size_t>(i)];
    entry[i][axis.low[static_cast<std::size_t>(i)]] += 1 - weight;
    entry[i][axis.high[static_cast<std::size_t>(i)]] += weight;
  }
  return shares;
}

/// The same of LibTorch: image j is 1 in row j and 0 elsewhere.
at::Tensor atens_matrix(const AxisCase& c, at::ScalarType type) {
  const at::Tensor rows = at::eye(c.in, type).view({c.in, 1, c.in, 1}).expand({c.in, 1, c.in, 2}).contiguous();
  return at::upsample_bilinear2d(rows, {c.out, 2}, c.align_corners).select(3, 0).squeeze(1).t().to(at::kDouble);
}

class Axes : public testing::TestWithParam<AxisCase> {};

// LibTorch 2 has the place of a float axis in float, which is 8e-6 off at position 192; 1.13 has it in double, as we do.
TEST_P(Axes, MixAsLibTorchDoes) {
  const double rounding = TORCH_VERSION_MAJOR < 2 ? 6e-8 : 1e-5;
  EXPECT_LT(test::relative_difference(matrix<float>(GetParam()), atens_matrix(GetParam(), at::kFloat)), rounding);
  EXPECT_LT(test::relative_difference(matrix<double>(GetParam()), atens_matrix(GetParam(), at::kDouble)), 1e-13);
}

INSTANTIATE_TEST_SUITE_P(BilinearAxis, Axes,
                         testing::Values(AxisCase{193, 769, false}, AxisCase{193, 769, true}, AxisCase{24, 96, false}, AxisCase{24, 96, true},
                                         AxisCase{12, 45, false}, AxisCase{12, 45, true}, AxisCase{97, 385, false}, AxisCase{13, 50, true},
                                         AxisCase{100, 7, false}, AxisCase{5, 1, true}, AxisCase{1, 9, false}, AxisCase{6, 6, true}));

// What an error of the places comes to where the scores are far apart: the kernel against the same mixture in double, at full size.
TEST(BilinearAxis, LargeScoresHaveTheGradientOfTheirMixture) {
  at::manual_seed(9);
  const at::Tensor scores = at::randn({1, 3, 193, 5}) * 3000;
  const at::Tensor labels = at::randint(0, 3, {1, 769, 17}).to(at::kByte);
  const auto gradient = [](at::Tensor leaf, const auto& loss) {
    leaf.requires_grad_(true);
    loss(leaf).backward();
    return leaf.grad();
  };
  const at::Tensor rows = matrix<float>({193, 769, false}), columns = matrix<float>({5, 17, false});
  const at::Tensor kernel = gradient(scores.clone(), [&](const at::Tensor& leaf) { return class_sums(leaf, labels, false).cross_entropy.sum(); });
  const at::Tensor whole = gradient(scores.to(at::kDouble), [&](const at::Tensor& leaf) {
    return class_sums(rows.matmul(leaf).matmul(columns.t()), labels, false).cross_entropy.sum();  // in double: by the reference
  });
  EXPECT_LT(test::relative_difference(kernel, whole), 2e-5);
}

}  // namespace
}  // namespace seg
