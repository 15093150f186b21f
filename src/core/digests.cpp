#include "core/digests.hpp"

#include "base/digest.hpp"

namespace seg {
namespace {

void add(Digest& digest, const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor bytes = tensor.detach().cpu().contiguous();
  digest.update(name);
  digest.update(bytes.data_ptr(), bytes.nbytes());
}

}  // namespace

std::string digest_of(const State& state) {
  Digest digest;
  for (const auto& [name, tensor] : state) add(digest, name, tensor);
  return digest.hex();
}

std::string digest_lines(const State& state) {
  std::string lines;
  for (const auto& [name, tensor] : state) {
    Digest digest;
    add(digest, name, tensor);
    lines += name + " " + digest.hex() + "\n";
  }
  return lines;
}

}  // namespace seg
