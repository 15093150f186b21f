#include "tensor_files/pth.hpp"

#include <gmock/gmock.h>

#include "pth_reading.hpp"
#include "support/fault.hpp"
#include "support/pth_writer.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::counting;
using test::floats_of;
using test::reading_defect;
using test::TemporaryFolder;
using test::tensor_names;
using testing::ElementsAre;
using testing::HasSubstr;
namespace pickled = test::pickled;

class Pth : public testing::Test {
 protected:
  /// A file that holds this value, with 24 floats as storage "0".
  std::filesystem::path file(const std::string& value) {
    test::write_pth(folder_ / "x.pth", pickled::program(value), {{"0", counting(24)}});
    return folder_ / "x.pth";
  }

  std::vector<float> floats(const pickled::Tensor& tensor) { return floats_of(PthFile(file(pickled::dict({{"w", pickled::tensor(tensor)}}))), "w"); }
  std::string refusal(const pickled::Tensor& tensor) { return reading_defect(file(pickled::dict({{"w", pickled::tensor(tensor)}}))); }

  const std::string some_ = pickled::tensor({"0", 24, {2, 3}, {3, 1}, 1});
  TemporaryFolder folder_;
};

TEST_F(Pth, ReadsAStateDict) {
  const auto attributes = pickled::dict({{"_metadata", pickled::ordered_dict({})}}) + "b";
  const PthFile read(file(pickled::ordered_dict({{"b.weight", some_}, {"a", pickled::parameter({"0", 24, {}, {}, 7})}}) + attributes));
  EXPECT_THAT(tensor_names(read), ElementsAre("a", "b.weight"));
  EXPECT_THAT(read.find("b.weight")->shape, ElementsAre(2, 3));
  EXPECT_EQ(read.find("b.weight")->dtype, "F32");
  EXPECT_THAT(floats_of(read, "b.weight"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(floats_of(read, "a"), ElementsAre(7));
}

TEST_F(Pth, KnowsTheNumberTypes) {
  const std::vector<std::pair<std::string, std::string>> types{{"DoubleStorage", "F64"}, {"HalfStorage", "F16"}, {"BFloat16Storage", "BF16"},
                                                               {"LongStorage", "I64"},   {"IntStorage", "I32"},  {"ShortStorage", "I16"},
                                                               {"CharStorage", "I8"},    {"ByteStorage", "U8"},  {"BoolStorage", "BOOL"}};
  for (const auto& [storage, dtype] : types) {
    const auto elements = static_cast<std::int64_t>(96 / dtype_size(dtype));
    const PthFile read(file(pickled::dict({{"w", pickled::tensor({"0", elements, {elements}, {1}, 0, storage})}})));
    EXPECT_EQ(read.find("w")->dtype, dtype);
    std::string bytes(96, '\0');
    read.read(*read.find("w"), bytes.data());
    EXPECT_EQ(bytes, counting(24)) << storage;
  }
}

TEST_F(Pth, FindsTheWeightsAmongOtherThings) {
  const std::string weights = pickled::ordered_dict({{"w", some_}, {"version", pickled::number(3)}});
  const std::string moments = pickled::dict({{"state", pickled::dict({{"0", some_}})}, {"lr", "G" + std::string(8, '\1')}});
  for (const char* key : {"state_dict", "model_state", "model_state_dict", "model", "network", "net"}) {
    const PthFile read(file(pickled::dict({{"epoch", pickled::number(-7)},
                                           {"best", some_},
                                           {"optimizer", moments},
                                           {key, weights},
                                           {"classes", "](" + pickled::text("Road") + "N\x88K\1M\1\1J\1\1\1\1e" + pickled::text("x") + "a"}})));
    EXPECT_THAT(tensor_names(read), ElementsAre("w")) << key;
    EXPECT_THAT(floats_of(read, "w"), ElementsAre(1, 2, 3, 4, 5, 6));
  }
}

TEST_F(Pth, TheMemoSharesValues) {
  const std::string twice = pickled::dict({{"a", some_ + "q\5"}}) + pickled::text("b") + "h\5s";
  EXPECT_THAT(tensor_names(PthFile(file(twice))), ElementsAre("a", "b"));
}

TEST_F(Pth, PicksStridedTensorsOutOfTheirStorage) {
  EXPECT_THAT(floats({"0", 24, {3, 2}, {1, 3}}), ElementsAre(0, 3, 1, 4, 2, 5));                                   // transposed
  EXPECT_THAT(floats({"0", 24, {1, 3, 2, 2}, {12, 1, 6, 3}}), ElementsAre(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11));  // channels last
  EXPECT_THAT(floats({"0", 24, {2, 2}, {12, 5}, 6}), ElementsAre(6, 11, 18, 23));                                  // a slice up to the end
  EXPECT_THAT(floats({"0", 24, {4}, {1}, 20}), ElementsAre(20, 21, 22, 23));
  EXPECT_THAT(floats({"0", 24, {1, 2}, {0, 1}, 3}), ElementsAre(3, 4));  // a stride that is never taken
  EXPECT_TRUE(floats({"0", 24, {2, 0}, {1, 1}, 24}).empty());
}

TEST_F(Pth, ALargeStridedTensorIsReadInWindows) {
  constexpr int kSide = 300;
  test::write_pth(folder_ / "x.pth", pickled::program(pickled::dict({{"w", pickled::tensor({"0", kSide * kSide, {kSide, kSide}, {1, kSide}})}})),
                  {{"0", counting(kSide * kSide)}});
  const std::vector<float> values = floats_of(PthFile(folder_ / "x.pth"), "w");
  for (int row = 0; row < kSide; ++row)
    for (int column = 0; column < kSide; ++column) ASSERT_EQ(values[row * kSide + column], static_cast<float>(column * kSide + row));
}

TEST_F(Pth, TensorsStayInTheirStorage) {
  test::FaultRow row("hostile");
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const std::vector<std::pair<pickled::Tensor, std::string>> tensors{
      {{"0", 24, {25}, {1}}, "extends beyond its storage"},
      {{"0", 24, {24}, {1}, 1}, "extends beyond its storage"},
      {{"0", 24, {}, {}, 24}, "extends beyond its storage"},
      {{"0", 24, {2}, {24}}, "extends beyond its storage"},
      {{"0", 24, {2}, {kHuge}}, "extends beyond its storage"},
      {{"0", 24, {kHuge, 4}, {4, 1}}, "extends beyond its storage"},
      {{"0", 24, {kHuge, kHuge}, {kHuge, 1}}, "extends beyond its storage"},
      {{"0", 24, {4}, {kHuge}, 23}, "extends beyond its storage"},
      {{"0", 24, {1}, {1}, 25}, "begins after the end of its storage"},
      {{"0", 24, {1}, {1}, kHuge}, "begins after the end of its storage"},
      {{"0", 24, {1}, {1}, -1}, "the negative count -1"},
      {{"0", 24, {-1}, {1}}, "the negative count -1"},
      {{"0", 24, {2}, {-1}, 5}, "the negative count -1"},
      {{"0", 24, {1000000000}, {0}}, "share memory"},
      {{"0", 24, {3, 2}, {1, 1}}, "share memory"},
      {{"0", 24, {kHuge, kHuge, 0}, {1, 1, 1}}, "impossible shape"},
      {{"0", 24, {2, 2}, {1}}, "different lengths"},
      {{"0", 24, std::vector<std::int64_t>(17, 1), std::vector<std::int64_t>(17, 1)}, "17 axes"},
      {{"0", 25, {1}, {1}}, "does not have the stated length"},
      {{"0", kHuge, {1}, {1}}, "does not have the stated length"},
      {{"0", -24, {1}, {1}}, "the negative count -24"},
      {{"0", 24, {1}, {1}, 0, "DoubleStorage"}, "does not have the stated length"},
      {{"1", 24, {1}, {1}}, "has no \"data/1\""},
      {{"../data.pkl", 24, {1}, {1}}, "has no \"data/../data.pkl\""},
  };
  for (const auto& [tensor, told] : tensors)
    EXPECT_TRUE(row.tried(refusal(tensor).find(told) != std::string::npos)) << told << ": " << refusal(tensor);
}

TEST_F(Pth, TensorsTakeNoMoreThanTheFile) {
  test::FaultRow row("hostile");
  std::string many = pickled::dict({{"first", pickled::tensor({"0", 24, {24}, {1}}) + "q\1"}}) + "(";
  for (int i = 0; i < 1000; ++i) many += pickled::text(std::to_string(i)) + "h\1";
  EXPECT_TRUE(row.tried(reading_defect(file(many + "u")).find("more bytes than the file has") != std::string::npos));
}

TEST_F(Pth, NothingIsEverRun) {
  test::FaultRow row("hostile");
  const auto touched = folder_ / "touched";
  const std::string run = pickled::global("os", "system") + pickled::tuple({pickled::text("touch " + touched.string())}) + "R";
  const std::string import_only = pickled::dict({{"w", some_}, {"x", pickled::global("numpy.core.multiarray", "scalar")}});
  EXPECT_THAT(reading_defect(file(run)), HasSubstr("would have to run code: \"os.system\""));
  EXPECT_THAT(reading_defect(file(import_only)), HasSubstr("run code: \"numpy.core.multiarray.scalar\""));
  EXPECT_THAT(reading_defect(file(pickled::dict({{"w", some_}, {"x", run}}))), HasSubstr("would have to run code"));
  EXPECT_THAT(reading_defect(file(pickled::global("builtins", "eval"))), HasSubstr("\"builtins.eval\""));
  EXPECT_THAT(reading_defect(file(pickled::global("x\x1b[2J\xff", "y"))), HasSubstr(R"("x\u001b[2J\ufffd.y")"));
  EXPECT_TRUE(row.tried(!std::filesystem::exists(touched)));
}

TEST_F(Pth, RefusesHostilePickles) {
  test::FaultRow row("hostile");
  const std::string rebuild = pickled::global("torch._utils", "_rebuild_tensor_v2");
  std::string many = "(";
  for (int i = 0; i < 500'001; ++i) many += 'N';
  const std::vector<std::pair<std::string, std::string>> programs{
      {"", "longer than the rest"},
      {"\x80", "longer than the rest"},
      {"\x80\x02", "longer than the rest"},
      {"\x80\x04N.", "protocol 4"},
      {"\x80\x02.", "an end in the middle"},
      {"\x80\x02NN.", "an end in the middle"},
      {"\x80\x02(N.", "an end in the middle"},
      {"\x80\x02N.", "no dictionary of named tensors"},
      {"\x80\x02}.", "no dictionary of named tensors"},
      {pickled::program(pickled::dict({{"x", pickled::number(1)}})), "no dictionary of named tensors"},
      {pickled::program(some_), "no dictionary of named tensors"},
      {"\x80\x02i", "operation 105"},                                                       // INST
      {"\x80\x02" + pickled::global("torch", "FloatStorage") + ")\x81.", "operation 129"},  // NEWOBJ
      {"\x80\x02"
       "0.",
       "operation 48"},                 // POP
      {"\x80\x02N2.", "operation 50"},  // DUP
      {"\x80\x02t", "without its begin"},
      {"\x80\x02\x87", "without its values"},
      {"\x80\x02NN\x87", "without its values"},
      {"\x80\x02N(a", "without its values"},  // behind a mark
      {"\x80\x02q\1", "without its values"},
      {"\x80\x02Na", "without its values"},
      {"\x80\x02NNa", "cannot contain them"},
      {"\x80\x02]NNs", "cannot contain them"},
      {"\x80\x02}(Nu", "cannot contain them"},
      {"\x80\x02NNb", "cannot contain them"},
      {"\x80\x02NNR", "not a function"},
      {"\x80\x02" + pickled::global("collections", "OrderedDict") + pickled::tuple({"N"}) + "R", "with arguments"},
      {"\x80\x02h\1", "never set"},
      {"\x80\x02Nq\1j\2" + std::string("\0\0\0", 3), "never set"},
      {"\x80\x02Nr\xff\xff\xff\xff", "memo 4294967295"},
      {"\x80\x02X\xff\xff\xff\xff", "longer than the rest"},
      {"\x80\x02X\xff\xff\xff\x7f text", "longer than the rest"},
      {"\x80\x02\x8a\xff\1", "longer than the rest"},
      {"\x80\x02\x8a\x09" + std::string(9, '\1'), "more than 64 bits"},
      {"\x80\x02"
       "cos",
       "without an end"},
      {"\x80\x02"
       "cos\nsystem",
       "without an end"},
      {"\x80\x02" + std::string(65, '('), "more than 64 nested containers"},
      {"\x80\x02" + many, "more than 500000 values"},
      {"\x80\x02" + std::string(200'000, ']') + ".", "an end in the middle"},
      {pickled::program(pickled::dict({{"w", rebuild + ")R"}})), "differs from that of torch.save"},
      {pickled::program(pickled::dict({{"w", rebuild + pickled::tuple({"NQ", "N", "N", "N"}) + "R"}})), "differs from that of torch.save"},
      {pickled::program(pickled::dict({{"w", pickled::global("torch", "FloatStorage") + ")R"}})), "it is made by torch.FloatStorage"},
      {pickled::program(pickled::dict({{"w", pickled::tensor({"0", 24, {1}, {1}, 0, "_utils._rebuild_parameter"})}})), "its memory is a"},
      {pickled::program(pickled::dict({{"w\nerror: x", some_}})), R"(the name "w\nerror: x")"},
      {pickled::program(pickled::dict({{std::string(5000, 'n'), some_}})), "the name \"nnn"},
  };
  for (const auto& [program, told] : programs) {
    test::write_pth(folder_ / "x.pth", program, {{"0", counting(24)}});
    const std::string defect = reading_defect(folder_ / "x.pth");
    EXPECT_TRUE(row.tried(defect.find(told) != std::string::npos)) << told << ": " << defect;
  }
}

TEST_F(Pth, AListInItselfIsHarmless) {
  EXPECT_THAT(tensor_names(PthFile(file(pickled::dict({{"w", some_}, {"loop", "]q\1h\1a"}})))), ElementsAre("w"));
}

TEST_F(Pth, RefusesOtherArchives) {
  const auto path = folder_ / "x.pth";
  const std::string pickle = pickled::program(pickled::dict({{"w", some_}}));
  test::write_zip(path, {{"readme.txt", "x"}});
  EXPECT_THAT(reading_defect(path), HasSubstr("no data.pkl"));
  test::write_zip(path, {{"data.pkl", pickle}, {"byteorder", "big"}, {"data/0", counting(24)}});
  EXPECT_THAT(reading_defect(path), HasSubstr("big-endian"));
  test::write_zip(path, {{"data.pkl", std::string(16'000'001, 'N')}}, /*compressed=*/true);
  EXPECT_THAT(reading_defect(path), HasSubstr("data.pkl has 16000001 bytes"));
  test::write_zip(path, {{"data.pkl", pickle}, {"data/0", counting(24)}});
  EXPECT_EQ(reading_defect(path), "none");  // as PyTorch before 2.1 wrote, without a byte order
  test::write_zip(
      path, {{"data.pkl", pickled::program(pickled::dict({{"w", pickled::tensor({"0", 6000, {6000}, {1}})}}))}, {"data/0", std::string(24'000, 'x')}},
      true);
  EXPECT_THAT(reading_defect(path), HasSubstr("compressed"));
}

TEST_F(Pth, ADirectoryOfAHundredThousandsIsNotReadAtAll) {
  const std::string signature = "PK\1\2";
  std::string bytes = "PK\3\4";
  while (bytes.size() < 5'000'000) bytes += signature + std::string(42, '\0');
  test::write_text(folder_ / "x.pth", bytes);
  EXPECT_THAT(reading_defect(folder_ / "x.pth"), HasSubstr("more than 100000 members"));
}

TEST_F(Pth, ATarArchiveIsNamedWithTheConversion) {
  std::string tar(600, '\0');
  test::write_text(folder_ / "old.pth", tar.replace(0, 6, "pickle").replace(257, 5, "ustar"));
  try {
    open_tensor_file(folder_ / "old.pth");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("tar archive"));
    EXPECT_THAT(error.hint, HasSubstr("python3 -c \"import torch; d = torch.load('old.pth'"));
  }
}

TEST_F(Pth, EveryTruncationIsSeen) {
  test::FaultRow row("damaged");
  const std::string good = test::read_text(file(pickled::dict({{"w", some_}})));
  for (std::size_t length = 0; length < good.size(); ++length) {
    test::write_text(folder_ / "short.pth", good.substr(0, length));
    EXPECT_TRUE(row.tried(reading_defect(folder_ / "short.pth") != "none")) << length << " bytes";
  }
}

TEST_F(Pth, AFlippedBitIsSeenOrHarmless) {
  test::FaultRow row("damaged");
  const auto path = file(pickled::dict({{"w", pickled::tensor({"0", 24, {24}, {1}})}}));
  const std::vector<float> values = floats_of(*open_tensor_file(path), "w");
  const std::string good = test::read_text(path);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int n = 0; n < test::tries(1, 8); ++n) {
      const int bit = static_cast<int>(i + n) % 8;
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      test::write_text(path, bytes);
      const bool kept = reading_defect(path) != "none" || floats_of(*open_tensor_file(path), "w") == values;
      EXPECT_TRUE(row.tried(kept)) << "byte " << i << " bit " << bit;
    }
  }
}

}  // namespace
}  // namespace seg
