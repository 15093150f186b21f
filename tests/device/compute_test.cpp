#include "device/compute.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/memory.hpp"
#include "base/parallel.hpp"

namespace seg {
namespace {

TEST(Device, NamesTheCpu) { EXPECT_TRUE(resolve_device("cpu").is_cpu()); }

TEST(Device, RefusesWhatIsNotThere) {
  for (const std::string name : {"gpu", "cuda:", "cuda:x", "cuda:999", "cuda:-1", ""}) {
    try {
      resolve_device(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kConfiguration) << name;
    }
  }
}

TEST(Threads, AreSetToTheCountOrToEveryCore) {
  EXPECT_EQ(set_compute_threads(1, torch::kCPU), 1);
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_EQ(set_compute_threads(0, torch::kCPU), available_cores());
  EXPECT_EQ(at::get_num_threads(), available_cores());
}

TEST(Threads, AreFewBesideAGpu) {
  EXPECT_EQ(default_threads(torch::kCPU, 16), 16);
  EXPECT_EQ(default_threads(torch::kCUDA, 16), 4);
  EXPECT_EQ(default_threads(torch::kCUDA, 2), 2);
}

TEST(ManySizes, AreNotTriedForWhileTheScopeLives) {
  for (const bool tried : {true, false}) {
    at::globalContext().setBenchmarkCuDNN(tried);
    {
      const ManySizesScope scope;
      EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
    }
    EXPECT_EQ(at::globalContext().benchmarkCuDNN(), tried);
  }
}

TEST(Precision, NamesAreTypes) {
  EXPECT_EQ(resolve_precision(Precision::kFp32, torch::kCPU), torch::kFloat32);
  EXPECT_EQ(resolve_precision(Precision::kBf16, torch::kCPU), torch::kBFloat16);
  EXPECT_EQ(resolve_precision(Precision::kAuto, torch::kCPU), has_fast_bf16(torch::kCPU) ? torch::kBFloat16 : torch::kFloat32);
}

TEST(Precision, AutomaticIsFloat32WhereBfloat16HasNoAdvantage) {
  const bool tiles = processor_features().find("amx_bf16") != std::string::npos;
#if defined(__x86_64__)
  const bool intel = __builtin_cpu_is("intel");
#else
  const bool intel = false;
#endif
  EXPECT_EQ(has_fast_bf16(torch::kCPU), multiplies_bf16(torch::kCPU) && (tiles || !intel));
}

TEST(Precision, TheScopeComputesConvolutionsInBfloat16AndEnds) {
  const torch::Tensor image = torch::ones({1, 3, 8, 8}), weight = torch::ones({4, 3, 3, 3});
  {
    const PrecisionScope scope(torch::kCPU, torch::kBFloat16);
    EXPECT_EQ(at::conv2d(image, weight).scalar_type(), torch::kBFloat16);
  }
  EXPECT_EQ(at::conv2d(image, weight).scalar_type(), torch::kFloat32);
}

TEST(Precision, Bfloat16LeavesRoomBehindObjectsWhereThereIsAmx) {
  const PrecisionScope scope(torch::kCPU, torch::kBFloat16);
  EXPECT_EQ(room_behind_objects() > 0, processor_features().find("amx_bf16") != std::string::npos);
}

TEST(Precision, Float32IsLeftAlone) {
  const PrecisionScope scope(torch::kCPU, torch::kFloat32);
  EXPECT_EQ(at::conv2d(torch::ones({1, 3, 8, 8}), torch::ones({4, 3, 3, 3})).scalar_type(), torch::kFloat32);
}

}  // namespace
}  // namespace seg
