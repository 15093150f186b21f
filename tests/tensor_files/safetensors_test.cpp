#include "tensor_files/safetensors.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "support/fault.hpp"
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

/// The kStorage message of opening and verifying; empty where both succeed.
std::string refusal(const std::filesystem::path& path) {
  try {
    SafetensorsFile(path).verify_digest();
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    return error.what();
  }
}

TEST(Safetensors, EveryFlippedBitIsSeen) {
  test::FaultRow row("damaged");
  const TemporaryFolder folder;
  const std::string good = test::read_text(write_sample(folder));
  const auto damaged = folder / "damaged.safetensors";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      test::write_text(damaged, bytes);
      EXPECT_TRUE(row.tried(refusal(damaged).find("damaged.safetensors") != std::string::npos)) << "byte " << i << " bit " << bit;
    }
  }
}

TEST(Safetensors, EveryTruncationIsSeen) {
  test::FaultRow row("damaged");
  const TemporaryFolder folder;
  const std::string good = test::read_text(write_sample(folder));
  for (std::size_t length = 0; length < good.size(); ++length) {
    test::write_text(folder / "short.safetensors", good.substr(0, length));
    EXPECT_TRUE(row.tried(defect_of(folder / "short.safetensors") != "none")) << length << " bytes";
  }
}

TEST(Safetensors, RefusesHostileHeaders) {
  test::FaultRow row("hostile");
  const TemporaryFolder folder;
  const auto entry = [](const std::string& shape, const std::string& offsets, const std::string& dtype = "U8") {
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const auto one = [&](const std::string& shape, const std::string& offsets) { return R"({"a":)" + entry(shape, offsets) + "}"; };
  const auto two = [&](const std::string& first, const std::string& second) { return R"({"a":)" + first + R"(,"b":)" + second + "}"; };
  struct Hostile {
    std::string header;
    std::size_t data_bytes;
    std::string told;
  };
  const std::vector<Hostile> headers{
      {two(entry("[2]", "[0,2]"), entry("[2]", "[1,3]")), 3, "overlaps"},
      {two(entry("[2]", "[0,2]"), entry("[2]", "[0,2]")), 2, "overlaps"},
      {two(entry("[0]", "[5,5]"), entry("[5]", "[0,5]")), 4, "truncated"},
      {one("[2]", "[1,3]"), 3, "gap"},
      {one("[2]", "[3,1]"), 3, "shape times dtype"},
      {one("[9]", "[0,9]"), 3, "truncated"},
      {one("[1]", "[0,1]"), 3, "the file has 3"},
      {one("[4294967296,4294967296,4294967296]", "[0,0]"), 0, "shape times dtype"},
      {one("[9223372036854775807,9223372036854775807,0]", "[0,1]"), 1, "shape times dtype"},
      {one("[18446744073709551615]", "[0,1]"), 1, "extent"},
      {one("[-1]", "[0,1]"), 1, "extent"},
      {one("[1.5]", "[0,1]"), 1, "extent"},
      {one("[1]", "[0,18446744073709551615]"), 1, "counts of bytes"},
      {one("[1]", "[0]"), 1, "counts of bytes"},
      {one("[1]", "[0,1,2]"), 1, "counts of bytes"},
      {one("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "at most 16"},
      {R"({"a":)" + entry("[1]", "[0,1]", "F128") + "}", 1, "unknown dtype"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, "each once"},
      {R"({"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}})", 1, "each once"},
      {R"({"a":{"dtype":"U8","shape":[1]}})", 1, "each once"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"code":"x"}})", 1, "needs exactly"},
      {R"({"a":)" + entry("[1]", "[0,1]") + R"(,"a":)" + entry("[1]", "[0,1]") + "}", 1, "occurs twice"},
      {R"({"a":)" + entry("[1]", "[0,1]") + R"(,"a":)" + entry("[1]", "[1,2]") + "}", 2, "occurs twice"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "occurs twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "occurs twice"},
      {R"({"__metadata__":{"a":1}})", 0, "not a string"},
      {R"({"__metadata__":{"a":{"b":{}}}})", 0, "not a string"},
      {R"({"__metadata__":[]})", 0, "not an object"},
      {R"({"a":7})", 0, "not a tensor"},
      {R"({"a":[[[[]]]]})", 0, "not a tensor"},
      {std::string(100'000, '['), 0, "not a JSON object"},
      {R"({"a":)" + std::string(100'000, '['), 0, "not a tensor"},
      {R"({"a":{"shape":)" + std::string(100'000, '['), 0, "extent"},
      {R"({"a":{"b":)" + std::string(100'000, '{'), 0, "each once"},
      {"{\"\xff\":1}", 0, "not valid JSON"},
      {"{\"" + std::string(5000, 'n') + "\":1}", 0, "a name of 5000 bytes"},
      {"[1]", 0, "not a JSON object"},
      {"7", 0, "not a JSON object"},
      {"{}{}", 0, "not valid JSON"},
      {"", 0, "not valid JSON"},
  };
  for (const Hostile& hostile : headers) {
    const std::string told = defect_of(file_with(folder, hostile.header, hostile.data_bytes));
    EXPECT_TRUE(row.tried(told.find(hostile.told) != std::string::npos)) << hostile.header.substr(0, 100) << ": " << told;
  }
  for (const std::uint64_t length : {std::uint64_t{1} << 60, std::numeric_limits<std::uint64_t>::max() - 1, std::uint64_t{3}})
    EXPECT_TRUE(row.tried(defect_of(file_with(folder, "{}", 0, length)).find("a header of") != std::string::npos)) << length;
}

/// The most resident memory of this process so far, in bytes.
std::size_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

TEST(Safetensors, HostileHeadersTakeNoMoreMemoryThanTheFileAndAConstant) {
  test::FaultRow row("hostile");
  const TemporaryFolder folder;
  std::string tensors = "{", metadata = "{\"__metadata__\":{", numbers = R"({"a":{"dtype":"U8","shape":[)";
  constexpr std::size_t kBytes = 15'000'000;
  for (int i = 0; tensors.size() < kBytes; ++i)
    tensors += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  for (int i = 0; metadata.size() < kBytes; ++i) metadata += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":"")";
  while (numbers.size() < kBytes) numbers += "1,";
  const std::string text = R"({"__metadata__":{"a":")" + std::string(kBytes, 'x') + "\"}}";
  for (const std::string& header : {tensors + "}", metadata + "}}", numbers + "1]}}", text}) {
    const std::filesystem::path file = file_with(folder, header);
    const std::size_t before = peak_memory();
    defect_of(file);
    // The constant: 100,000 entries, and a second copy of the longest text.
    EXPECT_TRUE(row.tried(peak_memory() - before < header.size() + 48'000'000)) << (peak_memory() - before) / 1'000'000 << " MB";
  }
}

TEST(Safetensors, MoreTensorsThanAnyNetworkHasAreRefused) {
  const TemporaryFolder folder;
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i) header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(defect_of(file_with(folder, header + "}")), HasSubstr("more than 100000 tensors"));
}

TEST(Safetensors, NamesMissingFilesAndFolders) {
  const TemporaryFolder folder;
  EXPECT_THAT(defect_of(folder / "none"), HasSubstr("does not exist"));
  EXPECT_THAT(defect_of(folder.path()), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace seg
