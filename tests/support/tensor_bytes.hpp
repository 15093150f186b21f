// How many bytes of tensors exist at once while some work runs in this thread.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <memory>

#include "device/torch_compat.hpp"

namespace seg::test {

/// How an observer of allocations is told totals: 2.0 made them unsigned.
#if SEG_TORCH_AT_LEAST(2, 0)
using AllocatedBytes = std::size_t;
#else
using AllocatedBytes = std::int64_t;
#endif

class TensorBytes : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t size, AllocatedBytes, AllocatedBytes, c10::Device) override {
    now_ += size;
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t peak() const { return peak_; }

 private:
  std::int64_t now_ = 0;
  std::int64_t peak_ = 0;
};

/// The largest sum of the tensors that `work` makes and has not freed yet.
template <class Work>
std::int64_t peak_tensor_bytes(const Work& work) {
  const auto bytes = std::make_shared<TensorBytes>();
  const c10::DebugInfoGuard watched(c10::DebugInfoKind::PROFILER_STATE, bytes);
  work();
  return bytes->peak();
}

}  // namespace seg::test
