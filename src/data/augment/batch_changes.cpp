#include "data/augment/batch_changes.hpp"

#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "data/augment/sample_changes.hpp"

namespace seg {
namespace {

// Each of these functions changes u8 planes [n,3,H,W]. The parameters of each sample are float32 [n,?].

torch::Tensor to_bytes(const torch::Tensor& values) { return values.round().clamp(0, 255).to(torch::kUInt8); }

/// OpenCV's 8-bit grey: sums below 2^24, which float32 holds exactly.
torch::Tensor grey_of(const torch::Tensor& planes) {
  const auto plane = [&](std::int64_t channel) { return planes.narrow(1, channel, 1).to(torch::kFloat32); };
  return ((plane(0) * 9798 + plane(1) * 19235 + plane(2) * 3735 + 16384) / 32768).floor();
}

torch::Tensor each(const torch::Tensor& numbers) { return numbers.view({-1, 1, 1, 1}); }

torch::Tensor flipped(const torch::Tensor& planes, const torch::Tensor& /*numbers*/) { return planes.flip(-1); }

torch::Tensor brightened(const torch::Tensor& planes, const torch::Tensor& factors) { return to_bytes(planes * each(factors)); }

torch::Tensor contrasted(const torch::Tensor& planes, const torch::Tensor& factors) {
  const torch::Tensor mean = grey_of(planes).mean({1, 2, 3}, /*keepdim=*/true);
  return to_bytes(planes * each(factors) + (1 - each(factors)) * mean);
}

torch::Tensor saturated(const torch::Tensor& planes, const torch::Tensor& factors) {
  return to_bytes(planes * each(factors) + (1 - each(factors)) * grey_of(planes));
}

/// hue in steps in [0, kHueSteps), saturation and value in [0, 255]: float32 [n,1,H,W].
struct Hsv {
  torch::Tensor hue, saturation, value;
};

/// Bit-identical to OpenCV's 8-bit HSV, because one step of hue is many grey levels: OpenCV's tables of quotients contain multiples of 1/4096.
Hsv hsv_of(const torch::Tensor& planes) {
  const auto channels = planes.to(torch::kFloat32).split(1, 1);
  const torch::Tensor &red = channels[0], &green = channels[1], &blue = channels[2];
  const torch::Tensor value = planes.amax(1, true).to(torch::kFloat32);
  const torch::Tensor span = value - planes.amin(1, true);
  const torch::Tensor behind_green = blue - red + 2 * span, behind_blue = red - green + 4 * span;
  const torch::Tensor sixths = torch::where(value == red, green - blue, torch::where(value == green, behind_green, behind_blue));
  const auto quotient = [](const torch::Tensor& numerator, double unit, const torch::Tensor& denominator) {
    return ((numerator * (unit * 4096 / denominator.clamp_min(1)).round() + 2048) / 4096).floor();
  };
  return {quotient(sixths, kHueSteps / 6.0, span).remainder(kHueSteps), quotient(span, 255, value), value};
}

/// Truncates, like OpenCV's vector code.
torch::Tensor rgb_of(const Hsv& hsv) {
  const torch::Tensor sixths = hsv.hue * (6.0 / kHueSteps);
  const torch::Tensor saturation = hsv.saturation * (1.0 / 255), value = hsv.value * (1.0 / 255);
  const auto channel = [&](double offset) {
    const torch::Tensor at = (sixths + offset).remainder(6);
    return value * (1 - saturation * torch::minimum(at, 4 - at).clamp(0, 1)) * 255;
  };
  return torch::cat({channel(5), channel(3), channel(1)}, 1).to(torch::kUInt8);
}

torch::Tensor with_hue(const torch::Tensor& planes, const torch::Tensor& steps) {
  Hsv hsv = hsv_of(planes);
  hsv.hue = (hsv.hue + each(steps)).remainder(kHueSteps);
  return rgb_of(hsv);
}

/// Positions from -margin to length + margin, mirrored at the first and the last position as often as necessary.
torch::Tensor mirrored_positions(std::int64_t length, std::int64_t margin, const torch::Device& device) {
  const torch::Tensor positions = torch::arange(-margin, length + margin, torch::TensorOptions(torch::kInt64).device(device));
  const std::int64_t last = length - 1;
  return last - (positions.remainder(std::max<std::int64_t>(2 * last, 1)) - last).abs();
}

/// Convolves along one dimension, with a kernel for each sample.
torch::Tensor convolved(const torch::Tensor& planes, const torch::Tensor& kernels, std::int64_t dim) {
  const std::int64_t n = planes.size(0), taps = kernels.size(1);
  const torch::Tensor wider = planes.index_select(dim, mirrored_positions(planes.size(dim), taps / 2, planes.device()));
  const torch::Tensor weights = kernels.unsqueeze(1).expand({n, 3, taps}).reshape({3 * n, 1, dim == 2 ? taps : 1, dim == 2 ? 1 : taps});
  constexpr std::int64_t kStride = 1, kPadding = 0, kDilation = 1;
  return torch::conv2d(wider.flatten(0, 1).unsqueeze(0), weights, {}, kStride, kPadding, kDilation, 3 * n).view(planes.sizes());
}

torch::Tensor with_blur(const torch::Tensor& planes, const torch::Tensor& kernels) {
  return to_bytes(convolved(convolved(planes.to(torch::kFloat32), kernels, 3), kernels, 2));
}

using Numbers = std::vector<double>;
/// The parameters of a change for one sample; nothing if the sample does not have this change.
using NumbersOf = std::function<std::optional<Numbers>(const PixelChanges& changes)>;

/// Samples that one function changes together.
struct Group {
  torch::Tensor (*change)(const torch::Tensor& planes, const torch::Tensor& numbers);
  bool labels_too;
  Numbers samples;  // their indices in the batch
  Numbers numbers;  // the same number for each sample
};

/// The Gaussian, padded with zeros.
Numbers blur_kernel(double sigma, int taps) {
  const cv::Mat gaussian = cv::getGaussianKernel(blur_taps(sigma), sigma, CV_64F);
  Numbers kernel(static_cast<std::size_t>(taps), 0.0);
  std::copy(gaussian.begin<double>(), gaussian.end<double>(), kernel.begin() + (taps - gaussian.rows) / 2);
  return kernel;
}

NumbersOf color_numbers(std::size_t turn, ColorKind kind) {
  return [turn, kind](const PixelChanges& changes) -> std::optional<Numbers> {
    if (turn >= changes.color.size() || changes.color[turn].kind != kind) return std::nullopt;
    const double amount = changes.color[turn].amount;
    return Numbers{kind == ColorKind::kHue ? hue_steps(amount) : amount};
  };
}

/// Groups that are processed one after the other: samples may need colour changes in different orders.
std::vector<Group> groups_of(const std::vector<PixelChanges>& batch) {
  std::vector<Group> groups;
  const auto add = [&](auto change, bool labels_too, const NumbersOf& numbers_of) {
    Group group{change, labels_too, {}, {}};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::optional<Numbers> numbers = numbers_of(batch[i]);
      if (!numbers) continue;
      group.samples.push_back(static_cast<double>(i));
      group.numbers.insert(group.numbers.end(), numbers->begin(), numbers->end());
    }
    if (!group.samples.empty()) groups.push_back(std::move(group));
  };
  std::size_t turns = 0;
  double widest = 0.0;
  for (const PixelChanges& changes : batch) {
    turns = std::max(turns, changes.color.size());
    widest = std::max(widest, changes.blur);
  }
  add(flipped, true, [](const PixelChanges& changes) { return changes.flip ? std::optional(Numbers()) : std::nullopt; });
  for (std::size_t turn = 0; turn < turns; ++turn) {
    add(brightened, false, color_numbers(turn, ColorKind::kBrightness));
    add(contrasted, false, color_numbers(turn, ColorKind::kContrast));
    add(saturated, false, color_numbers(turn, ColorKind::kSaturation));
    add(with_hue, false, color_numbers(turn, ColorKind::kHue));
  }
  add(with_blur, false, [taps = blur_taps(widest)](const PixelChanges& changes) {
    return changes.blur > 0.0 ? std::optional(blur_kernel(changes.blur, taps)) : std::nullopt;
  });
  return groups;
}

/// Samples and numbers of all groups, in one asynchronous copy.
torch::Tensor numbers_on(const torch::Device& device, const std::vector<Group>& groups) {
  Numbers all;
  for (const Group& group : groups) {
    all.insert(all.end(), group.samples.begin(), group.samples.end());
    all.insert(all.end(), group.numbers.begin(), group.numbers.end());
  }
  const torch::Tensor host = torch::tensor(all, torch::kFloat64);
  return (device.is_cuda() ? host.pin_memory() : host).to(device, /*non_blocking=*/true);
}

}  // namespace

ChangedBatch make_changes(const torch::Tensor& images, const torch::Tensor& labels, const std::vector<PixelChanges>& changes) {
  const std::vector<Group> groups = groups_of(changes);
  if (groups.empty()) return {images, labels};
  TORCH_CHECK(images.size(0) == std::ssize(changes), "changes for ", changes.size(), " samples, but a batch of ", images.size(0));
  const torch::Tensor all = numbers_on(images.device(), groups);
  std::int64_t taken = 0;
  const auto take = [&](const Numbers& numbers) {
    const auto count = std::ssize(numbers);
    return all.narrow(0, std::exchange(taken, taken + count), count);
  };
  // Planar, so that all loops run over contiguous values.
  const torch::Tensor planes = images.permute({0, 3, 1, 2}).clone(at::MemoryFormat::Contiguous);
  ChangedBatch changed{planes, labels};
  for (const Group& group : groups) {
    const torch::Tensor samples = take(group.samples).to(torch::kInt64);
    const torch::Tensor numbers = take(group.numbers).to(torch::kFloat32).view({samples.size(0), std::ssize(group.numbers) / samples.size(0)});
    planes.index_copy_(0, samples, group.change(planes.index_select(0, samples), numbers));
    if (group.labels_too) changed.labels = labels.index_copy(0, samples, group.change(labels.index_select(0, samples), numbers));
  }
  changed.images = planes.permute({0, 2, 3, 1}).contiguous();
  return changed;
}

}  // namespace seg
