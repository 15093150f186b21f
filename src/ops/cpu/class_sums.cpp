#include "ops/cpu/class_sums.hpp"

#include <ATen/Parallel.h>

#include <array>

#include "base/classes.hpp"
#include "ops/bilinear_axis.hpp"
#include "ops/cpu/class_sums_tile.hpp"

namespace seg::cpu {
namespace {

/// The tiles of a batch, numbered image by image, top to bottom.
class Tiles {
 public:
  Tiles(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners)
      : logits_(logits.detach().to(torch::kFloat).permute({0, 2, 3, 1}).contiguous()),
        height_(height),
        width_(width),
        rows_(bilinear_axis(logits.size(2), height, align_corners)),
        columns_(bilinear_axis(logits.size(3), width, align_corners)) {}

  std::int64_t classes() const { return logits_.size(3); }
  std::int64_t in_height() const { return logits_.size(1); }
  std::int64_t in_width() const { return logits_.size(2); }
  std::int64_t out_width() const { return width_; }
  std::int64_t per_image() const { return (height_ + kLanes - 1) / kLanes; }
  std::int64_t count() const { return logits_.size(0) * per_image(); }
  std::int64_t scratch_size() const { return in_width() * classes() * kLanes; }

  std::int64_t image(std::int64_t tile) const { return tile / per_image(); }
  std::int64_t first_row(std::int64_t tile) const { return tile % per_image() * kLanes; }
  std::int64_t row_count(std::int64_t tile) const { return std::min<std::int64_t>(kLanes, height_ - first_row(tile)); }
  /// The source rows of the tile with this number in an image: the first, and their number.
  std::int64_t first_source(std::int64_t tile) const { return rows_.low[first_row(tile)]; }
  std::int64_t source_count(std::int64_t tile) const { return rows_.high[first_row(tile) + row_count(tile) - 1] - first_source(tile) + 1; }

  Tile make(std::int64_t number, float* columns, float* scores, const std::uint8_t* labels) const {
    Tile tile{.logits = logits_.data_ptr<float>() + image(number) * in_height() * in_width() * classes(),
              .classes = classes(),
              .in_width = in_width(),
              .out_width = width_,
              .column_low = columns_.low.data(),
              .column_high = columns_.high.data(),
              .column_weight = columns_.weight.data(),
              .row_low = {},
              .row_high = {},
              .row_weight = {},
              .labels = labels,
              .columns = columns,
              .scores = scores};
    for (int lane = 0; lane < kLanes; ++lane) {
      const std::int64_t row = std::min(first_row(number) + lane, height_ - 1);
      tile.row_low[lane] = rows_.low[row];
      tile.row_high[lane] = rows_.high[row];
      tile.row_weight[lane] = rows_.weight[row];
    }
    return tile;
  }

  /// The rows of a u8 image [H][W] as [W][kLanes]; lanes beyond the last row are ignored.
  void gather(std::int64_t number, const std::uint8_t* images, std::uint8_t* lanes) const {
    const std::uint8_t* rows = images + (image(number) * height_ + first_row(number)) * width_;
    for (int lane = 0; lane < kLanes; ++lane) {
      const bool exists = lane < row_count(number);
      for (std::int64_t x = 0; x < width_; ++x) lanes[x * kLanes + lane] = exists ? rows[lane * width_ + x] : kIgnoreLabel;
    }
  }

 private:
  torch::Tensor logits_;  // float32 [N,h,w,K]
  std::int64_t height_;
  std::int64_t width_;
  BilinearAxis<float> rows_;
  BilinearAxis<float> columns_;
};

/// The scratch memory of one thread.
struct Scratch {
  float* columns;          // [in_width][K][kLanes]
  float* column_gradient;  // [in_width][K][kLanes]; null unless requested
  float* scores;           // [3][K][kLanes]
  std::uint8_t* labels;    // [out_width][kLanes]
};

/// The scratch memory of all threads, from one call of LibTorch's allocator.
class ScratchPool {
 public:
  ScratchPool(const Tiles& tiles, bool with_gradient)
      : columns_(torch::empty({at::get_num_threads(), with_gradient ? 2 : 1, tiles.scratch_size()}, torch::kFloat)),
        scores_(torch::empty({at::get_num_threads(), 3 * tiles.classes() * kLanes}, torch::kFloat)),
        labels_(torch::full({at::get_num_threads(), tiles.out_width() * kLanes}, kIgnoreLabel, torch::kByte)) {}

  /// The scratch memory of the calling thread.
  Scratch own() const {
    const std::int64_t thread = at::get_thread_num();
    float* columns = columns_.data_ptr<float>() + thread * columns_.stride(0);
    return {columns, columns_.size(1) == 2 ? columns + columns_.stride(1) : nullptr, scores_.data_ptr<float>() + thread * scores_.stride(0),
            labels_.data_ptr<std::uint8_t>() + thread * labels_.stride(0)};
  }

 private:
  torch::Tensor columns_;
  torch::Tensor scores_;
  torch::Tensor labels_;
};

/// Calls work(tile number, tile, scratch) for all tiles; the assignment to threads has no effect on the result.
template <class Work>
void for_each_tile(const Tiles& tiles, const torch::Tensor& labels, bool with_gradient, const Work& work) {
  const ScratchPool pool(tiles, with_gradient);
  at::parallel_for(0, tiles.count(), 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch = pool.own();
    for (std::int64_t number = begin; number < end; ++number) {
      if (labels.defined()) tiles.gather(number, labels.data_ptr<std::uint8_t>(), scratch.labels);
      work(number, tiles.make(number, scratch.columns, scratch.scores, scratch.labels), scratch);
    }
  });
}

/// One value per label, 0 for a label that is not a class.
class ByLabel {
 public:
  /// given: [K], or empty for no values.
  explicit ByLabel(const torch::Tensor& given) : given_(given.numel() > 0) {
    if (!given_) return;
    const torch::Tensor values = given.to(torch::kFloat).contiguous();
    std::copy_n(values.data_ptr<float>(), values.numel(), values_.begin());
  }

  const float* values() const { return given_ ? values_.data() : nullptr; }

 private:
  bool given_;
  std::array<float, 256> values_{};
};

}  // namespace

std::vector<torch::Tensor> class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions) {
  const Tiles tiles(logits, labels.size(1), labels.size(2), align_corners);
  const std::int64_t classes = tiles.classes();
  // One row of partial sums per tile; these are added below in the order of the tiles.
  const auto partial = [&](torch::ScalarType type, bool wanted = true) { return torch::zeros({tiles.count(), wanted ? classes : 0}, type); };
  const torch::Tensor entropy = partial(torch::kDouble), probability = partial(torch::kDouble, regions), of_truth = partial(torch::kDouble, regions);
  const torch::Tensor pixels = partial(torch::kLong), missed = partial(torch::kLong), predicted = partial(torch::kLong);
  for_each_tile(tiles, labels.contiguous(), false, [&](std::int64_t number, const Tile& tile, const Scratch&) {
    const auto row = [&](const torch::Tensor& sums) { return sums.numel() > 0 ? sums.data_ptr<double>() + number * classes : nullptr; };
    const auto counts = [&](const torch::Tensor& sums) { return sums.data_ptr<std::int64_t>() + number * classes; };
    forward_tile(tile, {row(entropy), counts(pixels), counts(missed), counts(predicted), row(probability), row(of_truth)});
  });

  const auto total = [&](const torch::Tensor& sums) {
    torch::Tensor sum = torch::zeros({sums.size(1)}, torch::kDouble);
    for (std::int64_t i = 0; i < sums.numel(); ++i) sum.data_ptr<double>()[i % classes] += sums.data_ptr<double>()[i];
    return sum;
  };
  return {total(entropy), pixels.sum(0), missed.sum(0), predicted.sum(0), total(probability), total(of_truth), torch::empty({0})};
}

torch::Tensor class_sums_backward(at::TensorList given, const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor&,
                                  bool align_corners) {
  const Tiles tiles(logits, labels.size(1), labels.size(2), align_corners);
  const ByLabel entropy(given[0]), probability(given[1]), of_truth(given[2]);
  const TileGradients gradients{entropy.values(), probability.values(), of_truth.values()};

  // Each tile adds to its own copy of its source rows, which overlap those of its neighbours; the copies are summed in the order of the tiles.
  const std::int64_t row_size = tiles.in_width() * tiles.classes();
  std::vector<std::int64_t> offsets(tiles.count() + 1, 0);
  for (std::int64_t number = 0; number < tiles.count(); ++number) offsets[number + 1] = offsets[number] + tiles.source_count(number);
  const torch::Tensor partial = torch::zeros({offsets.back(), row_size}, torch::kFloat);
  for_each_tile(tiles, labels.contiguous(), true, [&](std::int64_t number, const Tile& tile, const Scratch& scratch) {
    backward_tile(tile, gradients, scratch.column_gradient, partial.data_ptr<float>() + offsets[number] * row_size);
  });

  const torch::Tensor result = torch::zeros({logits.size(0), tiles.in_height(), tiles.in_width(), tiles.classes()}, torch::kFloat);
  at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t number = begin * tiles.per_image(); number < end * tiles.per_image(); ++number) {
      float* target = result.data_ptr<float>() + (tiles.image(number) * tiles.in_height() + tiles.first_source(number)) * row_size;
      const float* source = partial.data_ptr<float>() + offsets[number] * row_size;
      for (std::int64_t i = 0; i < tiles.source_count(number) * row_size; ++i) target[i] += source[i];
    }
  });
  return result.permute({0, 3, 1, 2}).to(logits.scalar_type());
}

torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  const Tiles tiles(logits, height, width, align_corners);
  torch::Tensor result = torch::empty({logits.size(0), height, width}, torch::kByte);
  for_each_tile(tiles, torch::Tensor(), false, [&](std::int64_t number, const Tile& tile, const Scratch& scratch) {
    predict_tile(tile, scratch.labels);
    std::uint8_t* rows = result.data_ptr<std::uint8_t>() + (tiles.image(number) * height + tiles.first_row(number)) * width;
    for (std::int64_t lane = 0; lane < tiles.row_count(number); ++lane) {
      for (std::int64_t x = 0; x < width; ++x) rows[lane * width + x] = scratch.labels[x * kLanes + lane];
    }
  });
  return result;
}

}  // namespace seg::cpu
