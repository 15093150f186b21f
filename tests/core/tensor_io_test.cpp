#include "core/tensor_io.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

State one_of_each() {
  State state;
  for (const auto type : {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64, torch::kInt32, torch::kInt16,
                          torch::kInt8, torch::kUInt8, torch::kBool})
    state.emplace(std::string("part.") + c10::toString(type), torch::arange(6).remainder(2).reshape({2, 3}).to(type));
  state.emplace("other.scalar", torch::tensor(7, torch::kInt64));
  state.emplace("other.empty", torch::empty({0, 4}));
  return state;
}

void expect_same(const State& a, const State& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    EXPECT_EQ(tensor.scalar_type(), b.at(name).scalar_type()) << name;
    EXPECT_TRUE(torch::equal(tensor, b.at(name))) << name;
  }
}

TEST(TensorIo, EveryDtypeSurvivesAFile) {
  const test::TemporaryFolder folder;
  const State state = one_of_each();
  write_safetensors(folder / "a.safetensors", tensor_views(state), {});
  expect_same(read_tensors(SafetensorsFile(folder / "a.safetensors")), state);
}

TEST(TensorIo, PrefixSelectsAndIsRemoved) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", tensor_views(one_of_each()), {});
  const State other = read_tensors(SafetensorsFile(folder / "a.safetensors"), "other.");
  ASSERT_EQ(other.size(), 2);
  EXPECT_EQ(other.at("scalar").item<std::int64_t>(), 7);
}

TEST(TensorIo, ChannelsLastIsWrittenInTheOrderOfItsIndices) {
  const torch::Tensor tensor = torch::arange(24).reshape({1, 2, 3, 4});
  const State host = to_host({{"t", tensor.contiguous(torch::MemoryFormat::ChannelsLast)}});
  const auto* values = static_cast<const std::int64_t*>(tensor_views(host).front().data);
  EXPECT_EQ(values[1], 1);
}

TEST(TensorIo, ViewsOfStridedTensorsAreRefused) { EXPECT_THROW(tensor_views({{"t", torch::zeros({2, 3}).t()}}), Error); }

TEST(TensorIo, DtypesOutsideTheFormatAreRefused) { EXPECT_THROW(dtype_name(torch::kComplexFloat), Error); }

}  // namespace
}  // namespace seg
