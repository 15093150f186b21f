#include "ops/checks.hpp"

#include <sstream>

#include "base/classes.hpp"
#include "base/error.hpp"

namespace seg {
namespace {

[[noreturn]] void wrong(const char* what, const torch::Tensor& tensor) {
  std::ostringstream text;
  text << what << ", not " << tensor.scalar_type() << " " << tensor.sizes();
  throw Error(ErrorKind::kInternal, text.str());
}

}  // namespace

void check_logits(const torch::Tensor& logits) {
  const bool fits = logits.dim() == 4 && logits.is_floating_point() && logits.size(1) >= 1 && logits.size(1) <= kMaxClasses && logits.size(2) >= 1 &&
                    logits.size(3) >= 1;
  if (!fits) wrong("logits must be floating point [N,K,h,w] with 1 to 255 classes", logits);
}

void check_labels(const torch::Tensor& labels, std::int64_t classes) {
  if (!labels.is_cpu()) return;
  const torch::Tensor foreign = labels.ge(classes).logical_and_(labels.ne(kIgnoreLabel));
  if (!foreign.any().item<bool>()) return;
  throw Error(ErrorKind::kData,
              "label " + std::to_string(labels.masked_select(foreign).max().item<int>()) + " in a batch of " + std::to_string(classes) +
                  " classes (" + std::to_string(foreign.sum().item<std::int64_t>()) + " pixels out of range)",
              "map the value to a class or to 255 (ignored) in the class table; segdata check names the files");
}

void check_shapes(const torch::Tensor& logits, const torch::Tensor& labels) {
  check_logits(logits);
  const bool fits = labels.dim() == 3 && labels.scalar_type() == torch::kUInt8 && labels.size(0) == logits.size(0) && labels.size(1) >= 1 &&
                    labels.size(2) >= 1 && labels.device() == logits.device();
  if (!fits) wrong("labels must be uint8 [N,H,W] with the batch and the device of the logits", labels);
}

void check_logits_and_labels(const torch::Tensor& logits, const torch::Tensor& labels) {
  check_shapes(logits, labels);
  check_labels(labels, logits.size(1));
}

}  // namespace seg
