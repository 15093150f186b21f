#include "tensor_files/legacy_pth.hpp"

#include <gmock/gmock.h>

#include "pth_reading.hpp"
#include "support/fault.hpp"
#include "support/pth_writer.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::counting;
using test::floats_of;
using test::LegacyStorage;
using test::reading_defect;
using test::tensor_names;
using testing::ElementsAre;
using testing::HasSubstr;
namespace pickled = test::pickled;

class LegacyPth : public testing::Test {
 protected:
  /// A file that holds this value, with 24 floats as storage "0".
  std::filesystem::path file(const std::string& value, const std::vector<LegacyStorage>& storages) {
    test::write_legacy_pth(folder_ / "x.pth", pickled::program(value), storages);
    return folder_ / "x.pth";
  }
  std::filesystem::path file(const std::string& value) { return file(value, {{"0", 24, counting(24)}}); }

  std::string refusal_of_storages(const std::vector<LegacyStorage>& storages) {
    return reading_defect(file(pickled::dict({{"w", some_}}), storages));
  }
  std::string refusal(const pickled::Tensor& tensor) { return reading_defect(file(pickled::dict({{"w", pickled::tensor(tensor)}}))); }

  const std::string some_ = pickled::tensor({.storage = "0", .storage_elements = 24, .shape = {2, 3}, .strides = {3, 1}, .offset = 1, .view = "N"});
  test::TemporaryFolder folder_;
};

TEST_F(LegacyPth, ReadsWhatTorchSaveWrote) {  // by PyTorch 1.13 with _use_new_zipfile_serialization=False
  for (const char* name : {"bare_legacy.pth", "nested_legacy.pth"}) {
    const auto read = open_tensor_file(test::repository_file(std::string("tests/fuzz/corpus/pth/") + name));
    EXPECT_THAT(tensor_names(*read), ElementsAre("a", "b", "count", "half", "p"));
    EXPECT_THAT(floats_of(*read, "a"), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(read->find("b")->shape, ElementsAre(4, 2, 3));  // a view that is not contiguous
    EXPECT_THAT(floats_of(*read, "b"), ElementsAre(0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23));
    EXPECT_THAT(floats_of(*read, "p"), ElementsAre(0, 1));
    EXPECT_EQ(read->find("half")->dtype, "F16");
    std::int64_t count = 0;
    read->read(*read->find("count"), &count);
    EXPECT_EQ(count, 7);
  }
}

TEST_F(LegacyPth, StoragesThatAreNoWeightsAreSteppedOver) {
  const std::string moment = pickled::tensor({.storage = "9", .storage_elements = 3, .shape = {3}, .strides = {1}, .type = "DoubleStorage"});
  const LegacyPthFile read(file(pickled::dict({{"optimizer", pickled::dict({{"m", moment}})}, {"model", pickled::dict({{"w", some_}})}}),
                                {{"9", 3, std::string(24, 'x')}, {"0", 24, counting(24)}}));
  EXPECT_THAT(floats_of(read, "w"), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(LegacyPth, KnowsTheTensorsOfBefore04) {
  std::string old = some_;
  old.replace(old.find("_rebuild_tensor_v2"), 18, "_rebuild_tensor");
  EXPECT_THAT(floats_of(LegacyPthFile(file(pickled::dict({{"w", old}}))), "w"), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(LegacyPth, TensorsStayInTheirStorage) {
  test::FaultRow row("hostile");
  const std::string floats = counting(24);
  const std::int64_t huge = std::int64_t{1} << 62;
  const std::vector<std::pair<std::string, std::string>> refused{
      {refusal({"0", 24, {25}, {1}}), "extends beyond its storage"},
      {refusal({"0", 24, {1000000000}, {0}}), "share memory"},
      {refusal({"1", 24, {1}, {1}}), "no description of its storage \"0\""},
      {refusal({"0", 25, {1}, {1}}), "storage \"0\" does not have its stated length"},
      {refusal({"0", huge, {1}, {1}}), "does not have its stated length"},
      {refusal({"0", 24, {1}, {1}, 0, "FloatStorage", pickled::tuple({"N"})}), "part of another storage"},
      {refusal_of_storages({{"0", huge, floats}}), "does not have its stated length"},
      {refusal_of_storages({{"0", 24, floats.substr(4)}}), "ends too early"},
      {refusal_of_storages({{"0", 24, floats + "x"}}), "1 more bytes after its last storage"},
      {refusal_of_storages({{"0", 24, floats}, {"0", 24, floats}}), "occurs twice"},
      {refusal_of_storages(std::vector<LegacyStorage>{}), "it has no storage \"0\""},
      {refusal_of_storages({{"0", 24, floats}, {"1", 1, "abcd"}}), "no description of its storage \"1\""},
  };
  for (const auto& [defect, told] : refused) EXPECT_TRUE(row.tried(defect.find(told) != std::string::npos)) << told << ": " << defect;
}

TEST_F(LegacyPth, AHugeCountIsNoMemory) {
  test::FaultRow row("hostile");
  const std::int64_t huge = std::int64_t{1} << 61;  // in bytes it wraps to 0
  const auto path = file(pickled::dict({{"w", pickled::tensor({"0", huge, {1}, {1}, 0, "DoubleStorage"})}}), {{"0", huge, std::string(8, 'x')}});
  EXPECT_TRUE(row.tried(reading_defect(path).find("ends too early") != std::string::npos)) << reading_defect(path);
}

TEST_F(LegacyPth, RefusesWhatIsDescribedInTwoWays) {
  const std::string other = pickled::tensor({"0", 12, {1}, {1}, 0, "DoubleStorage"});
  EXPECT_THAT(reading_defect(file(pickled::dict({{"w", some_}, {"x", other}}))), HasSubstr("\"0\" has two different descriptions"));
}

TEST_F(LegacyPth, NothingIsEverRun) {
  test::FaultRow row("hostile");
  const auto touched = folder_ / "touched";
  const std::string run = pickled::global("os", "system") + pickled::tuple({pickled::text("touch " + touched.string())}) + "R";
  EXPECT_THAT(reading_defect(file(pickled::dict({{"w", some_}, {"x", run}}))), HasSubstr("would have to run code: \"os.system\""));
  test::write_legacy_pth(folder_ / "x.pth", pickled::program(pickled::dict({{"w", some_}})), {{"0", 24, counting(24)}}, run);
  EXPECT_THAT(reading_defect(folder_ / "x.pth"), HasSubstr("\"os.system\""));
  EXPECT_TRUE(row.tried(!std::filesystem::exists(touched)));
}

TEST_F(LegacyPth, RefusesOtherPicklesAndSystems) {
  const std::string weights = pickled::program(pickled::dict({{"w", some_}}));
  test::write_text(folder_ / "x.pth", weights);
  EXPECT_THAT(reading_defect(folder_ / "x.pth"), HasSubstr("not one that torch.save wrote"));
  test::write_legacy_pth(folder_ / "x.pth", weights, {{"0", 24, counting(24)}}, "\x89");
  EXPECT_THAT(reading_defect(folder_ / "x.pth"), HasSubstr("big-endian"));
  test::write_legacy_pth(folder_ / "x.pth", weights, {{"0", 24, counting(24)}}, "N");
  EXPECT_THAT(reading_defect(folder_ / "x.pth"), HasSubstr("does not state its byte order"));
}

TEST_F(LegacyPth, EveryTruncationIsSeen) {
  test::FaultRow row("damaged");
  const std::string good = test::read_text(file(pickled::dict({{"w", some_}})));
  for (std::size_t size = 15; size < good.size(); size += size + 100 < good.size() ? 3 : 1) {
    test::write_text(folder_ / "x.pth", good.substr(0, size));
    EXPECT_TRUE(row.tried(reading_defect(folder_ / "x.pth") != "none")) << size;
  }
}

}  // namespace
}  // namespace seg
