// Just enough of CUDA to run kernels on the CPU: the threads of a block are fibers of one thread that take turns, and change where they wait for each
// other. A test includes this, then the .cu file.
#pragma once

#include <ucontext.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <vector>

#include "ops/cuda/kernels.hpp"

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(threads)

struct dim3 {
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  unsigned x, y, z;
};

// Of the thread that runs.
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace seg::test {

/// The threads of one block at a time.
class EmulatedBlock {
 public:
  static constexpr unsigned kThreads = 256, kWarp = 32;

  static EmulatedBlock& instance() {
    static EmulatedBlock block;
    return block;
  }

  /// Runs `thread` in all threads of the block to its end. Throws where some wait for others that have ended.
  void run(const std::function<void()>& thread, std::size_t shared) {
    thread_ = &thread;
    memory_.assign(shared / sizeof(double) + 1, std::nan(""));
    for (unsigned i = 0; i < kThreads; ++i) {
      Fiber& fiber = fibers_[i];
      fiber.done = false;
      getcontext(&fiber.context);
      fiber.context.uc_stack.ss_sp = fiber.stack.data();
      fiber.context.uc_stack.ss_size = fiber.stack.size();
      fiber.context.uc_link = &main_;
      makecontext(
          &fiber.context, [] { instance().body(); }, 0);
    }
    for (unsigned left = kThreads; left > 0;) {
      const std::uint64_t before = progress_;
      left = 0;
      for (current_ = 0; current_ < kThreads; ++current_) {
        if (fibers_[current_].done) continue;
        threadIdx = dim3(current_);
        swapcontext(&main_, &fibers_[current_].context);
        left += fibers_[current_].done ? 0 : 1;
      }
      if (progress_ == before) throw std::logic_error("threads of a block wait for others that do not come");
    }
  }

  void wait_for_block() { wait(block_, kThreads); }

  /// What each lane of the warp has given.
  template <class Value>
  std::array<Value, kWarp> exchanged(Value value) {
    Warp& warp = warps_[current_ / kWarp];
    auto& values = warp.values[warp.barrier.generation % 2];
    std::memcpy(&values[current_ % kWarp], &value, sizeof(value));
    wait(warp.barrier, kWarp);
    std::array<Value, kWarp> all;
    for (unsigned lane = 0; lane < kWarp; ++lane) std::memcpy(&all[lane], &values[lane], sizeof(Value));
    return all;
  }

  /// Whether some thread of the block says so.
  bool any_of_block(bool own) {
    auto& flags = flags_[block_.generation % 2];
    flags[current_] = own;
    wait_for_block();
    for (const bool flag : flags)
      if (flag) return true;
    return false;
  }

  unsigned lane() const { return current_ % kWarp; }
  double* memory() { return memory_.data(); }

 private:
  struct Barrier {
    unsigned arrived = 0;
    std::uint64_t generation = 0;
  };
  struct Fiber {
    ucontext_t context{};
    std::vector<char> stack = std::vector<char>(1 << 16);
    bool done = false;
  };
  /// Two sets of values: a lane may be one exchange ahead of another.
  struct Warp {
    Barrier barrier;
    std::array<std::array<std::uint64_t, kWarp>, 2> values{};
  };

  void body() {
    (*thread_)();
    fibers_[current_].done = true;
    ++progress_;
  }

  void wait(Barrier& barrier, unsigned members) {
    const std::uint64_t own = barrier.generation;
    ++progress_;
    if (++barrier.arrived == members) {
      barrier.arrived = 0;
      ++barrier.generation;
      return;
    }
    const unsigned thread = current_;
    while (barrier.generation == own) swapcontext(&fibers_[thread].context, &main_);
  }

  std::array<Fiber, kThreads> fibers_;
  std::array<Warp, kThreads / kWarp> warps_;
  std::array<std::array<bool, kThreads>, 2> flags_{};
  Barrier block_;
  ucontext_t main_{};
  const std::function<void()>* thread_ = nullptr;
  std::vector<double> memory_;
  unsigned current_ = 0;
  std::uint64_t progress_ = 0;
};

inline void require_all(unsigned lanes) {
  if (lanes != 0xFFFFFFFFu) throw std::logic_error("the emulated warp knows all its lanes together alone");
}

}  // namespace seg::test

inline void __syncthreads() { seg::test::EmulatedBlock::instance().wait_for_block(); }
inline int __syncthreads_or(int own) { return seg::test::EmulatedBlock::instance().any_of_block(own != 0); }

inline unsigned __ballot_sync(unsigned lanes, bool own) {
  seg::test::require_all(lanes);
  unsigned bits = 0, lane = 0;
  for (const bool given : seg::test::EmulatedBlock::instance().exchanged(own)) bits |= static_cast<unsigned>(given) << lane++;
  return bits;
}
template <class Value>
Value __shfl_sync(unsigned lanes, Value own, int from) {
  seg::test::require_all(lanes);
  return seg::test::EmulatedBlock::instance().exchanged(own)[static_cast<unsigned>(from)];
}
template <class Value>
Value __shfl_xor_sync(unsigned lanes, Value own, int distance) {
  return __shfl_sync(lanes, own, static_cast<int>(seg::test::EmulatedBlock::instance().lane()) ^ distance);
}

template <class Value>
void atomicAdd(Value* into, Value value) {
  *into += value;
}
inline int __ffs(int bits) { return __builtin_ffs(bits); }
inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }

namespace seg::cuda {

/// One block after the other, on the host's memory.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 blocks, std::size_t shared, Stream /*stream*/, const Arguments&... arguments) {
  gridDim = blocks;
  blockDim = dim3(test::EmulatedBlock::kThreads);
  for (unsigned y = 0; y < blocks.y; ++y) {
    for (unsigned x = 0; x < blocks.x; ++x) {
      blockIdx = dim3(x, y);
      test::EmulatedBlock::instance().run([&] { kernel(arguments...); }, shared);
    }
  }
}

inline double* launched_memory() { return test::EmulatedBlock::instance().memory(); }

}  // namespace seg::cuda
