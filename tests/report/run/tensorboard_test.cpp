#include "report/run/tensorboard.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "report/run/panel_files.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::read_text;
using test::repository_file;
using test::TemporaryFolder;
using test::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

std::string output_of(const std::string& command, const TemporaryFolder& folder) {
  EXPECT_EQ(std::system((command + " > '" + (folder / "out.txt").string() + "' 2>&1").c_str()), 0) << read_text(folder / "out.txt");
  return read_text(folder / "out.txt");
}

/// As the Python reader prints all files of folder/tb.
std::string read_back(const TemporaryFolder& folder) {
  std::string text;
  for (const auto& file : files_of(folder / "tb"))
    text += output_of("python3 '" + repository_file("tests/support/read_tensorboard.py").string() + "' '" + file.string() + "'", folder);
  return text;
}

Event step_event(std::int64_t iteration, double loss) {
  return {
      EventKind::kTrain,
      iteration,
      {{"loss", loss}, {"images", {"a"}}, {"class_weights", {{"road", 0.25}, {"pole", 1.0}, {"sky", nullptr}}}, {"class_ious", {{"road", 0.75}}}}};
}

void write_events(const TemporaryFolder& folder) {
  TensorBoardReporter reporter(folder / "tb", "name: demo\n");
  reporter.report(
      {EventKind::kStart, 0, {{"loss", "recall"}, {"seed", 3}, {"settings", {{"loss.type", "recall"}, {"optimizer.lr", 0.5}, {"flag", true}}}}});
  reporter.report(step_event(10, 1.5));
  reporter.report({EventKind::kCheckpoint, 10, {{"path", "x"}}});
  reporter.report({EventKind::kValidation, 20, {{"mean_iou", 0.5}, {"cross_entropy", nullptr}}});
  // A PNG file up to the size in its header: 5 wide, 3 high.
  write_panels({{{"most of the rare class pole", "a", "", 0.5}, std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\5\0\0\0\3", 24)}},
               folder / "panels");
  reporter.report({EventKind::kPanels, 20, {{"folder", (folder / "panels").string()}}});
  reporter.report(step_event(30, 0.75));
  reporter.report({EventKind::kEnd, 30, {{"reason", "finished"}}});
}

TEST(Crc32c, GivesTheKnownValues) {  // RFC 3720, B.4: 32 bytes of zero, and of one
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
}

TEST(TensorBoard, IsReadBackByAnotherReader) {
  const TemporaryFolder folder;
  write_events(folder);
  const std::string text = read_back(folder);
  EXPECT_THAT(text, HasSubstr("0 version brain.Event:2\n"));
  EXPECT_THAT(text, HasSubstr("| seed | 3 |"));
  EXPECT_THAT(text, HasSubstr("name: demo"));
  EXPECT_THAT(text, HasSubstr("10 train/loss 1.5\n10 class_weights/road 0.25\n10 class_weights/pole 1\n"
                              "10 class_weights [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("10 class_ious/road 0.75\n"), HasSubstr("20 validation/mean_iou 0.5\n"), HasSubstr("30 train/loss 0.75\n")));
}

TEST(TensorBoard, ShowsPanelsAndHyperParameters) {
  const TemporaryFolder folder;
  write_events(folder);
  const std::string text = read_back(folder);
  EXPECT_THAT(text, HasSubstr("20 panels/most of the rare class pole image 3x5 3 channels PNG\n"));
  EXPECT_THAT(text, HasSubstr("0 _hparams_/experiment settings ['loss.type', 'optimizer.lr', 'flag'] "
                              "metrics ['validation/mean_accuracy', 'validation/mean_iou']\n"));
  EXPECT_THAT(text, HasSubstr("0 _hparams_/session_start_info {'flag': True, 'loss.type': 'recall', 'optimizer.lr': 0.5}\n"));
  EXPECT_THAT(text, HasSubstr("30 _hparams_/session_end_info status 1\n"));
}

TEST(TensorBoard, BearsPanelsThatAreNotThere) {
  const TemporaryFolder folder;
  TensorBoardReporter reporter(folder / "tb", "");
  reporter.report({EventKind::kPanels, 1, {{"folder", (folder / "none").string()}}});
  write_text(folder / "panels/index.json", "{");
  reporter.report({EventKind::kPanels, 2, {{"folder", (folder / "panels").string()}}});
  EXPECT_EQ(read_back(folder), "0 version brain.Event:2\n");
}

TEST(TensorBoard, HoldsMessagesThatProtocDecodes) {
  const TemporaryFolder folder;
  write_events(folder);
  // The first record: 12 bytes before its data, 4 behind.
  const std::string content = read_text(files_of(folder / "tb").front());
  std::ofstream(folder / "event.pb", std::ios::binary) << content.substr(12, static_cast<unsigned char>(content[0]));
  EXPECT_THAT(output_of("protoc --decode_raw < '" + (folder / "event.pb").string() + "'", folder), HasSubstr("3: \"brain.Event:2\""));
}

TEST(TensorBoard, IsCutBackToAnIteration) {
  const TemporaryFolder folder;
  write_events(folder);
  std::ofstream(files_of(folder / "tb").front(), std::ios::app) << "torn";
  EXPECT_EQ(cut_back_tensorboard(folder / "tb", 20), 2);
  const std::string text = read_back(folder);
  EXPECT_THAT(text, HasSubstr("20 validation/mean_iou 0.5\n"));
  EXPECT_THAT(text, HasSubstr("20 panels/"));
  EXPECT_THAT(text, Not(HasSubstr("\n30 ")));
}

TEST(TensorBoard, CutsNothingWhereThereIsNothing) {
  const TemporaryFolder folder;
  EXPECT_EQ(cut_back_tensorboard(folder / "tb", 20), 0);
}

}  // namespace
}  // namespace seg
