// One of several parts of a data set: consecutive samples, so that the parts in order are the whole data set in order.
#pragma once

#include <memory>
#include <utility>

#include "data/dataset.hpp"

namespace seg {

class DatasetPart : public Dataset {
 public:
  /// Part `part` of `parts`, whose lengths differ by at most one sample; may be empty.
  DatasetPart(std::shared_ptr<const Dataset> whole, std::int64_t part, std::int64_t parts)
      : whole_(std::move(whole)), first_(part * whole_->size() / parts), size_((part + 1) * whole_->size() / parts - first_) {}

  std::int64_t size() const override { return size_; }
  Sample get(std::int64_t index) const override { return whole_->get(first_ + index); }
  std::string id(std::int64_t index) const override { return whole_->id(first_ + index); }
  const ClassTable& classes() const override { return whole_->classes(); }

 private:
  std::shared_ptr<const Dataset> whole_;
  std::int64_t first_;
  std::int64_t size_;
};

}  // namespace seg
