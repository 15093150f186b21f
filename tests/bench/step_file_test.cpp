#include <gtest/gtest.h>

#include "bench/bench.hpp"
#include "core/tensor_io.hpp"
#include "models/weights.hpp"
#include "support/support.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {
namespace {

TEST(StepFile, HoldsAllThatItTakesToRepeatTheLoss) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "step.safetensors";
  const BenchSource source{.config = "",
                           .overrides = {"data.size=[48,48]", "train.batch_size=2", "train.threads=1", "train.precision=fp32", "model.dropout=0"},
                           .draw = 20,
                           .draw_size = {48, 64},
                           .device = "cpu"};
  write_step_file(source, path);

  const SafetensorsFile file(path);
  const auto& metadata = file.metadata();
  EXPECT_EQ(metadata.at("classes"), "12");
  EXPECT_EQ(metadata.at("dropout"), "0");
  EXPECT_EQ(metadata.at("mean"), "[123.675,116.28,103.53]");
  const Batch batch{read_tensor(file, *file.find("images")), read_tensor(file, *file.find("labels")), {"a", "b"}};
  EXPECT_EQ(batch.images.sizes(), (torch::IntArrayRef{2, 48, 48, 3}));
  EXPECT_EQ(batch.labels.sizes(), (torch::IntArrayRef{2, 48, 48}));

  BenchSource other = source;
  other.overrides.push_back("train.seed=7");
  const BenchSetup setup(other);
  const auto experiment = setup.build();
  load_state_exact(experiment->learner->model(), read_tensors(file, "model."), path.string());
  EXPECT_NEAR(experiment->learner->step({batch}, 0).loss.item<double>(), std::stod(metadata.at("loss")), 1e-6);
}

}  // namespace
}  // namespace seg
