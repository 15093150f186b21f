// The best arithmetic and memory rates of this machine, measured in the same run as the values that are compared with them.
//
// Candidates: products of square matrices of 1024, 2048, 3072, ..., and a channels-last 3x3 convolution of 256 channels at the size of
// the network's pyramid. Each is measured in every sample; the best is the one with the largest median. Memory: a copy.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/measure.hpp"
#include "predict/inference.hpp"

namespace seg {

class PeakRate {
 public:
  /// `largest`: larger matrices are left out (0: larger than 4096, on CUDA 8192); the convolution always has 256 channels, and images with sides of
  /// largest / 32; the copy has 16 largest^2 bytes, more than any cache.
  explicit PeakRate(Compute compute, std::int64_t largest = 0);

  /// Runs every candidate, `runs` times after one run that is not measured.
  void sample(std::int64_t runs = 3);

  struct Best {
    std::string name;
    Measurement rate;  // floating-point operations per second
  };
  /// Both throw kInternal before the first sample.
  Best best() const;
  /// Bytes per second that a copy reads and writes.
  Measurement copy() const;

 private:
  struct Candidate {
    std::string name;
    double operations = 0.0;  // for the copy: bytes
    std::function<void()> work;
    std::vector<double> seconds;
  };

  Compute compute_;
  std::vector<Candidate> candidates_;
  Candidate copy_;
};

}  // namespace seg
