// The interface of data sets: an indexed list of samples with a class table. Batching and shuffling wrap it.
#pragma once

#include <cstdint>
#include <string>

#include "base/classes.hpp"
#include "data/sample.hpp"

namespace seg {

class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t size() const = 0;
  /// Decodes and checks one sample; thread-safe. Throws kData with the file and the defect.
  virtual Sample get(std::int64_t index) const = 0;
  virtual std::string id(std::int64_t index) const = 0;
  virtual const ClassTable& classes() const = 0;
};

}  // namespace seg
