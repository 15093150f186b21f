// The best rates at which this machine multiplies and moves memory, measured beside what is held against them.
//
// Candidates: products of square matrices of 1024, 2048, 3072, ..., and a 3x3 convolution of 256 channels at the size that the
// network's pyramid sees, channels-last. Each is measured in every sample; the best is the one with the largest median. Memory: a copy.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/measure.hpp"
#include "predict/inference.hpp"

namespace seg {

class PeakRate {
 public:
  /// `largest`: matrices beyond it are left out (0: beyond 4096, on CUDA 8192); the convolution keeps its 256 channels and takes images of largest /
  /// 32 squared; the copy is of 16 largest^2 bytes, which no cache holds.
  explicit PeakRate(Compute compute, std::int64_t largest = 0);

  /// Runs every candidate, `runs` times after one run that is not measured.
  void sample(std::int64_t runs = 3);

  struct Best {
    std::string name;
    Measurement rate;  // floating-point operations a second
  };
  /// These throw kInternal before the first sample.
  Best best() const;
  /// Bytes a second that a copy reads and writes.
  Measurement copy() const;

 private:
  struct Candidate {
    std::string name;
    double operations = 0.0;  // bytes, of the copy
    std::function<void()> work;
    std::vector<double> seconds;
  };

  Compute compute_;
  std::vector<Candidate> candidates_;
  Candidate copy_;
};

}  // namespace seg
