// The only exception type of the project: what is wrong, where, and how to fix it.
#pragma once

#include <stdexcept>
#include <string>

namespace seg {

/// The value is the exit code of a program that ends with the error.
enum class ErrorKind {
  kInternal = 1,       // a bug in the program, or an exception of a library
  kConfiguration = 2,  // command line or YAML
  kData = 3,           // images, labels, class tables
  kNonFinite = 4,      // NaN or Inf in loss or gradients
  kStorage = 5,        // checkpoints, disk, a locked run directory
  kMemory = 6,         // out of memory
  kRanks = 7,          // another process of the run is lost or stuck
};

struct Error : std::runtime_error {
  /// `what` is one line: what is wrong and where; `hint` is one line: how to fix it (may be empty).
  Error(ErrorKind kind_, const std::string& what, std::string hint_ = {}) : std::runtime_error(what), kind(kind_), hint(std::move(hint_)) {}

  ErrorKind kind;
  std::string hint;
};

}  // namespace seg
