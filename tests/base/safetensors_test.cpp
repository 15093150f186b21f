#include "base/safetensors.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

/// A file with this header and that many bytes of data.
std::filesystem::path file_with(const TemporaryFolder& folder, const std::string& header, std::size_t data_bytes = 0,
                                std::uint64_t claimed = std::numeric_limits<std::uint64_t>::max()) {
  const std::uint64_t length = claimed == std::numeric_limits<std::uint64_t>::max() ? header.size() : claimed;
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  test::write_text(folder / "x.safetensors", bytes + header + std::string(data_bytes, '\1'));
  return folder / "x.safetensors";
}

std::string defect_of(const std::filesystem::path& path) {
  try {
    SafetensorsFile file(path);
    return "none";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    EXPECT_FALSE(error.hint.empty()) << error.what();
    return error.what();
  }
}

std::filesystem::path write_sample(const TemporaryFolder& folder) {
  static const std::vector<float> values{1, 2, 3, 4, 5, 6};
  static const std::int64_t count = 7;
  const auto path = folder / "sample.safetensors";
  write_safetensors(path, {{"b.weight", "F32", {2, 3}, values.data()}, {"a.count", "I64", {}, &count}}, {{"iteration", "7"}});
  return path;
}

TEST(Safetensors, ReadsBackWhatWasWritten) {
  const TemporaryFolder folder;
  const SafetensorsFile file(write_sample(folder));
  ASSERT_NE(file.find("b.weight"), nullptr);
  EXPECT_EQ(file.find("b.weight")->shape, (std::vector<std::int64_t>{2, 3}));
  std::vector<float> values(6);
  file.read(*file.find("b.weight"), values.data());
  EXPECT_EQ(values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.metadata().at("iteration"), "7");
  EXPECT_EQ(file.find("c"), nullptr);
  EXPECT_NO_THROW(file.verify_digest());
}

TEST(Safetensors, AFileCutAfterItWasOpenedIsAnErrorWithAHint) {
  const TemporaryFolder folder;
  const auto path = write_sample(folder);
  const SafetensorsFile file(path);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  for (const auto& read : std::vector<std::function<void()>>{[&] { file.verify_digest(); },
                                                             [&] {
                                                               std::int64_t count = 0;
                                                               file.read(*file.find("a.count"), &count);
                                                             }}) {
    try {
      read();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kStorage);
      EXPECT_FALSE(error.hint.empty());
    }
  }
}

TEST(Safetensors, EveryFlippedByteIsSeen) {
  const TemporaryFolder folder;
  const std::string good = test::read_text(write_sample(folder));
  const auto damaged = folder / "damaged.safetensors";
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    test::write_text(damaged, bytes);
    // A flip inside the padding or between JSON tokens may leave the meaning as it was; then the content must be the same too.
    try {
      const SafetensorsFile file(damaged);
      file.verify_digest();
      EXPECT_EQ(file.metadata(), SafetensorsFile(folder / "sample.safetensors").metadata()) << "byte " << i;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kStorage);
    }
  }
}

TEST(Safetensors, EveryTruncationIsSeen) {
  const TemporaryFolder folder;
  const std::string good = test::read_text(write_sample(folder));
  for (std::size_t length = 0; length < good.size(); ++length) {
    test::write_text(folder / "short.safetensors", good.substr(0, length));
    EXPECT_NE(defect_of(folder / "short.safetensors"), "none") << length << " bytes";
  }
}

TEST(Safetensors, RefusesHostileHeaders) {
  const TemporaryFolder folder;
  const auto entry = [](const std::string& shape, const std::string& offsets, const std::string& dtype = "U8") {
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  EXPECT_THAT(defect_of(file_with(folder, "{}", 0, 1ULL << 60)), HasSubstr("a header of"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[2]", "[0,2]") + R"(,"b":)" + entry("[2]", "[1,3]") + "}", 3)), HasSubstr("overlaps"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[2]", "[1,3]") + "}", 3)), HasSubstr("gap"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[9]", "[0,9]") + "}", 3)), HasSubstr("truncated"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[4294967296,4294967296,4294967296]", "[0,0]") + "}")), HasSubstr("shape times dtype"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[-1]", "[0,1]") + "}", 1)), HasSubstr("extent"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[1]", "[0,1]", "F128") + "}", 1)), HasSubstr("unknown dtype"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"a":)" + entry("[1]", "[0,1]") + R"(,"a":)" + entry("[1]", "[0,1]") + "}", 1)),
              HasSubstr("stands twice"));
  EXPECT_THAT(defect_of(file_with(folder, std::string(100000, '['))), HasSubstr("nested too deeply"));
  EXPECT_THAT(defect_of(file_with(folder, "{\"\xff\":1}")), HasSubstr("no valid JSON"));
  EXPECT_THAT(defect_of(file_with(folder, "[1]")), HasSubstr("no JSON object"));
  EXPECT_THAT(defect_of(file_with(folder, R"({"__metadata__":{"a":1}})")), HasSubstr("no string"));
}

TEST(Safetensors, NamesMissingFilesAndFolders) {
  const TemporaryFolder folder;
  EXPECT_THAT(defect_of(folder / "none"), HasSubstr("does not exist"));
  EXPECT_THAT(defect_of(folder.path()), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace seg
