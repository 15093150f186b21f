#include "tensor_files/pth_layout.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace seg {

namespace {

using Axes = std::vector<PthPlace::Axis>;

/// The axes longer than 1, the largest stride first.
Axes axes_of(const PickledTensor& tensor) {
  Axes axes;
  std::uint64_t step = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    const auto extent = static_cast<std::uint64_t>(tensor.shape[i]);
    if (extent != 1) axes.push_back({extent, static_cast<std::uint64_t>(tensor.strides[i]), step});
    step *= extent;  // wraps only for tensors that checked_span refuses
  }
  std::ranges::stable_sort(axes, std::greater(), &PthPlace::Axis::from);
  return axes;
}

/// Number of storage elements from the tensor's first to its last. Throws if they are outside of the storage or overlap.
std::uint64_t checked_span(const PickledTensor& tensor, const Axes& axes, const std::string& source) {
  const auto bad = [&](const char* what) { return tensor_defect(source, tensor.name, what); };
  if (tensor.offset > tensor.storage.elements) throw bad("it begins after the end of its storage");
  if (std::ranges::any_of(axes, [](const PthPlace::Axis& axis) { return axis.extent == 0; })) return 0;
  const auto available = static_cast<std::uint64_t>(tensor.storage.elements - tensor.offset);
  std::uint64_t span = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend() && span <= available; ++axis) {
    if (axis->from < span) throw bad("its elements share memory");
    if (axis->extent - 1 > (available - span) / axis->from) throw bad("it extends beyond its storage");
    span += (axis->extent - 1) * axis->from;
  }
  if (span > available) throw bad("it extends beyond its storage");
  return span;
}

PthPlace place_of(const PickledTensor& tensor, const PthStorage& storage, const std::string& source) {
  const std::size_t element_bytes = dtype_size(tensor.storage.dtype);
  const auto elements = static_cast<std::uint64_t>(tensor.storage.elements);
  if (storage.bytes % element_bytes != 0 || storage.bytes / element_bytes != elements)
    throw tensor_defect(source, tensor.name, "its storage does not have the stated length");
  PthPlace place{.storage = storage, .axes = axes_of(tensor)};
  place.bytes = checked_span(tensor, place.axes, source) * element_bytes;
  place.begin = static_cast<std::uint64_t>(tensor.offset) * element_bytes;
  if (std::ranges::all_of(place.axes, [](const PthPlace::Axis& axis) { return axis.from == axis.to; })) place.axes.clear();
  return place;
}

/// Reads elements in storage order and writes each to its position in the contiguous tensor.
void gather(const PthPlace& place, std::size_t element_bytes, const PthBytes& read, char* target) {
  std::vector<char> window(std::size_t{1} << 16);  // holds whole elements
  std::uint64_t window_begin = 0;
  std::uint64_t window_end = 0;
  std::vector<std::uint64_t> index(place.axes.size(), 0);
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  for (std::size_t axis = index.size(); true; axis = index.size()) {
    while (from * element_bytes >= window_end) {
      const std::uint64_t bytes = std::min<std::uint64_t>(window.size(), place.bytes - window_end);
      read(window.data(), bytes);
      window_begin = std::exchange(window_end, window_end + bytes);
    }
    std::memcpy(target + to * element_bytes, window.data() + (from * element_bytes - window_begin), element_bytes);
    for (; axis > 0 && index[axis - 1] + 1 == place.axes[axis - 1].extent; --axis) {
      const std::uint64_t steps = std::exchange(index[axis - 1], 0);
      from -= steps * place.axes[axis - 1].from;
      to -= steps * place.axes[axis - 1].to;
    }
    if (axis == 0) return;
    ++index[axis - 1];
    from += place.axes[axis - 1].from;
    to += place.axes[axis - 1].to;
  }
}

}  // namespace

PthLayout lay_out(std::vector<PickledTensor> tensors, const std::function<PthStorage(const PickledTensor&)>& storage_of, std::uint64_t file_bytes,
                  const std::string& source) {
  PthLayout layout;
  std::uint64_t read_bytes = 0;
  std::uint64_t position = 0;
  for (PickledTensor& tensor : tensors) {
    PthPlace place = place_of(tensor, storage_of(tensor), source);
    if (place.bytes > file_bytes - read_bytes) throw pth_defect(source, "its tensors need more bytes than the file has (do they share memory?)");
    read_bytes += place.bytes;
    const auto bytes = span_of(tensor.shape, dtype_size(tensor.storage.dtype));  // at most place.bytes, since no element occurs twice
    if (!bytes) throw tensor_defect(source, tensor.name, "it has an impossible shape");
    layout.entries.push_back({tensor.name, std::move(tensor.storage.dtype), std::move(tensor.shape), position, position + *bytes});
    position += *bytes;
    layout.places.emplace(std::move(tensor.name), std::move(place));
  }
  return layout;
}

void read_tensor_bytes(const PthPlace& place, std::size_t element_bytes, const PthBytes& read, char* target) {
  if (place.axes.empty())
    read(target, place.bytes);
  else
    gather(place, element_bytes, read, target);
}

Error tensor_defect(const std::string& source, const std::string& tensor, const std::string& what) {
  return pth_defect(source, "tensor " + quoted_name(tensor) + ": " + what);
}

}  // namespace seg
