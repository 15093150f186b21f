#include "ops/batch_part.hpp"

#include <utility>

namespace seg {
namespace {

thread_local const BatchPart* current = nullptr;

}  // namespace

BatchPartScope::BatchPartScope(BatchPart part) : part_(std::move(part)), before_(current) { current = &part_; }
BatchPartScope::~BatchPartScope() { current = before_; }

const BatchPart& batch_part() {
  static const BatchPart whole;
  return current != nullptr ? *current : whole;
}

}  // namespace seg
