#include "engine/training/run_directory.hpp"

#include <gmock/gmock.h>

#include "support/support.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {
namespace {

class RunDirectoryTest : public testing::Test {
 protected:
  void write_step(std::int64_t iteration) {
    const float value = 1;
    write_safetensors(directory_.step_file(iteration), {{"x", "F32", {1}, &value}}, {});
  }
  static void damage(const fs::path& file) {
    std::string bytes = test::read_text(file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    test::write_text(file, bytes);
  }

  test::TemporaryFolder folder_;
  RunDirectory directory_{folder_ / "run"};
};

TEST_F(RunDirectoryTest, HasNoCheckpointAtFirst) { EXPECT_FALSE(directory_.newest_checkpoint()); }

TEST_F(RunDirectoryTest, NewestIsByNumberNotByName) {
  write_step(9);
  write_step(10);
  EXPECT_EQ(*directory_.newest_checkpoint(), directory_.step_file(10));
}

TEST_F(RunDirectoryTest, FallsBackBehindADamagedCheckpoint) {
  write_step(9);
  write_step(10);
  damage(directory_.step_file(10));
  EXPECT_EQ(*directory_.newest_checkpoint(), directory_.step_file(9));
}

TEST_F(RunDirectoryTest, NeverStartsAgainSilentlyWhereAllAreDamaged) {
  write_step(9);
  damage(directory_.step_file(9));
  EXPECT_THROW(directory_.newest_checkpoint(), Error);
}

TEST_F(RunDirectoryTest, PublishKeepsTheNewestAndLinksLast) {
  for (const std::int64_t iteration : {1, 2, 3}) {
    write_step(iteration);
    directory_.publish(iteration, 2);
  }
  EXPECT_FALSE(fs::exists(directory_.step_file(1)));
  EXPECT_TRUE(fs::exists(directory_.step_file(2)));
  EXPECT_TRUE(fs::equivalent(directory_.paths().last(), directory_.step_file(3)));
}

TEST_F(RunDirectoryTest, SetsLaterCheckpointsAside) {
  write_step(1);
  write_step(2);
  directory_.set_aside_after(1);
  EXPECT_EQ(*directory_.newest_checkpoint(), directory_.step_file(1));
  EXPECT_TRUE(fs::exists(directory_.step_file(2).string() + ".abandoned"));
}

TEST_F(RunDirectoryTest, IsHeldByOneProcess) { EXPECT_THROW(RunDirectory(folder_ / "run"), Error); }

}  // namespace
}  // namespace seg
