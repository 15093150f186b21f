#include "engine/checkpoints/checkpoint.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "support/support.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {
namespace {

using testing::HasSubstr;

Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::kInternal, ""};
}

class CheckpointTest : public testing::Test {
 protected:
  static Checkpoint some() {
    return {"name: x\n",
            {{"road", {128, 64, 128}, 7}, {"pole", {0, 255, 0}, 17}},
            42,
            BestScore{0.5, 40},
            R"({"mean_iou":0.5})",
            "LibTorch 1",
            {700, 50},
            3,
            {{"model.weight", torch::arange(6).view({2, 3})}, {"optimizer.step", torch::tensor(42)}}};
  }

  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "checkpoints/step-42.safetensors";

  void SetUp() override { std::filesystem::create_directories(file_.parent_path()); }
};

TEST_F(CheckpointTest, GoesThroughAFile) {
  save_checkpoint(file_, some());
  const Checkpoint read = load_checkpoint(file_);
  EXPECT_EQ(read.config, some().config);
  EXPECT_EQ(read.classes, some().classes);
  EXPECT_EQ(read.iteration, 42);
  ASSERT_TRUE(read.best);
  EXPECT_EQ(read.best->score, 0.5);
  EXPECT_EQ(read.best->iteration, 40);
  EXPECT_EQ(read.scores, some().scores);
  EXPECT_EQ(read.versions, "LibTorch 1");
  EXPECT_EQ(read.processes, 3);
  EXPECT_EQ(read.class_pixels, some().class_pixels);
  ASSERT_EQ(read.tensors.size(), 2u);
  EXPECT_TRUE(read.tensors.at("model.weight").equal(some().tensors.at("model.weight")));
}

TEST_F(CheckpointTest, MetadataLeavesTheTensorsInTheFile) {
  save_checkpoint(file_, some());
  const Checkpoint read = load_checkpoint_metadata(file_);
  EXPECT_EQ(read.iteration, 42);
  EXPECT_TRUE(read.tensors.empty());
}

TEST_F(CheckpointTest, WithoutAValidationItHasNoBest) {
  Checkpoint early = some();
  early.best.reset();
  save_checkpoint(file_, early);
  EXPECT_FALSE(load_checkpoint(file_).best);
}

TEST_F(CheckpointTest, WeightsAloneAreNotResumed) {
  Checkpoint weights = some();
  weights.tensors.erase("optimizer.step");
  save_checkpoint(file_, weights);
  EXPECT_NO_THROW(load_checkpoint(file_));
  const Error error = error_of([&] { load_resumable(file_); });
  EXPECT_EQ(error.kind, ErrorKind::kStorage);
  EXPECT_THAT(error.what(), HasSubstr("only weights"));
}

TEST_F(CheckpointTest, OtherSafetensorsFilesAreNone) {
  const float value = 1;
  write_safetensors(file_, {{"weight", "F32", {1}, &value}}, {});
  EXPECT_THAT(error_of([&] { load_checkpoint(file_); }).what(), HasSubstr("is not a checkpoint of segtrain"));
}

TEST_F(CheckpointTest, AFolderIsToldWhichFileIsMeant) {
  save_checkpoint(folder_ / "checkpoints/best.safetensors", some());
  const Error error = error_of([&] { load_checkpoint_metadata(folder_.path()); });
  EXPECT_THAT(error.hint, HasSubstr("checkpoints/best.safetensors"));
}

}  // namespace
}  // namespace seg
