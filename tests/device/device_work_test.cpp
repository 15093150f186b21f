#include "device/device_work.hpp"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "device/compute.hpp"

namespace seg {
namespace {

constexpr c10::DeviceType kFake = c10::DeviceType::PrivateUse1;

/// A device with streams and events, whose calls fail once it is broken, as those of a GPU do after an error.
struct FakeDevice final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kFake; }
  c10::Device exchangeDevice(c10::Device) const override { return {kFake, 0}; }
  c10::Device getDevice() const override { return {kFake, 0}; }
  void setDevice(c10::Device device) const override { set = device.index(); }
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return current; }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool = false) const override { return c10::Stream(c10::Stream::UNSAFE, {kFake, 0}, 7); }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return std::exchange(current, stream); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** event, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {
    if (broken) throw std::runtime_error("an illegal memory access was encountered");
    *event = &recorded;
    ++recorded;
  }
  void block(void*, const c10::Stream& stream) const override { waiting = stream.id(); }

  static inline auto current = c10::Stream(c10::Stream::DEFAULT, {kFake, 0});
  static inline c10::DeviceIndex set = -1;
  static inline bool broken = false;
  static inline int recorded = 0;
  static inline c10::StreamId waiting = -1;  // the stream that waits for the last event
};

class OnAFakeDevice : public testing::Test {
 protected:
  static c10::Device working() {
    static const FakeDevice device;
    static const c10::impl::DeviceGuardImplRegistrar registered(kFake, &device);
    FakeDevice::broken = false;
    return {kFake, 0};
  }

  const DeviceStream stream_{working()};
};

TEST_F(OnAFakeDevice, ComputesOnTheDeviceThatIsMadeTheCurrentOne) {
  compute_on({kFake, 3}, Precision::kFp32);
  EXPECT_EQ(FakeDevice::set, 3);
}

TEST(HostCopyTest, WaitsAsItIsTold) {
  int waits = 0;
  const HostCopy there(torch::ones({2}), [&](const auto&) { ++waits; });
  EXPECT_EQ(there.wait().sum().item<float>(), 2.0f);
  EXPECT_EQ(waits, 0);  // on the CPU it is there
}

TEST_F(OnAFakeDevice, AStreamIsCurrentWithinItsScopeAndWaitedForAfterIt) {
  {
    const DeviceStream::Scope scope(stream_);
    EXPECT_EQ(FakeDevice::current.id(), 7);
    EXPECT_EQ(FakeDevice::waiting, 7);
  }
  EXPECT_EQ(FakeDevice::current.id(), 0);
  EXPECT_EQ(FakeDevice::waiting, 0);
}

TEST_F(OnAFakeDevice, AScopeIsLeftWithTheErrorThatBrokeTheDevice) {
  const auto work = [&] {
    const DeviceStream::Scope scope(stream_);
    FakeDevice::broken = true;
    throw std::runtime_error("the first error");
  };
  try {
    work();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the first error");
  }
  EXPECT_EQ(FakeDevice::current.id(), 0);
}

/// 7 MB, as a batch takes.
torch::Tensor batch_on_the_host() { return torch::zeros({7 << 20}, torch::kUInt8); }

TEST(OnAGpu, ARecordingThatFailsLeavesNothingBehind) {
  if (cuda_devices() == 0 || !can_record({torch::kCUDA, 0})) GTEST_SKIP() << "needs a GPU, and a program built for it";
  const torch::Device device(torch::kCUDA, 0);
  const DeviceStream steps(device), uploads(device);
  const torch::Tensor values = torch::ones({16}, device);
  {
    const DeviceStream::Scope scope(steps);
    EXPECT_ANY_THROW(CudaGraph([&] { values.sum().item<float>(); }));
  }
  const auto upload = [&] {
    const Upload batch({batch_on_the_host()}, device, uploads);
    const DeviceStream::Scope scope(steps);
    (batch.tensors()[0] + 1).sum();
  };
  upload();
  wait_for(device);
  const std::int64_t before = device_memory(device).value().used;
  for (int i = 0; i < 50; ++i) upload();
  wait_for(device);
  upload();  // LibTorch frees what other streams have used when it is next asked for memory
  EXPECT_LT(device_memory(device).value().used - before, 40 << 20);
}

}  // namespace
}  // namespace seg
