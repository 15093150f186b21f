// Images and labels as they should not be, given to the programs: each file is named, counted or left out, and memory stays bounded.
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <sstream>

#include "data/png_files.hpp"
#include "e2e/programs.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A PNG whose header claims that many pixels: the size replaced, the checksum made right again.
std::string png_claiming(std::uint32_t width, std::uint32_t height) {
  std::string png = png_bytes(cv::Mat(8, 8, CV_8UC1, cv::Scalar(1)));
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (int byte = 0; byte < 4; ++byte) png[at + static_cast<std::size_t>(byte)] = static_cast<char>(value >> (24 - 8 * byte));
  };
  put(16, width);
  put(20, height);
  std::uint32_t crc = 0xFFFFFFFFU;  // over the chunk's type and content, by the PNG specification
  for (std::size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<std::uint8_t>(png[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  put(29, ~crc);
  return png;
}

/// The lines of a text that hold `part`.
std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find(part) != std::string::npos) found.push_back(line);
  return found;
}

class BadData : public Programs {
 protected:
  struct Pair {
    fs::path image, label;
  };
  struct Case {
    std::string name;
    std::function<void(const Pair&)> damage;
    std::string told;  // part of the message; empty: the file is good
  };

  /// Those of the training split.
  std::vector<Pair> pairs(const fs::path& root) const {
    std::vector<Pair> all;
    for (const auto& entry : fs::directory_iterator(root / "train")) all.push_back({entry.path(), root / "trainannot" / entry.path().filename()});
    std::ranges::sort(all, {}, &Pair::image);
    return all;
  }
  Pair first_pair(const fs::path& root) const { return pairs(root).front(); }

  fs::path copy_of_data(const std::string& name) const {
    fs::copy(data(), folder_ / name, fs::copy_options::recursive);
    return folder_ / name;
  }

  std::vector<std::string> arguments(const std::string& run_dir, const fs::path& root, const std::string& on_error) const {
    // An epoch and more, so that every file is read.
    return training_with(run_dir, {"data.root=" + root.string(), "data.on_error=" + on_error, "train.iterations=11", "train.val_interval=11"});
  }

  static std::vector<Case> cases();
};

std::vector<BadData::Case> BadData::cases() {
  const auto labels = [](int type, int value, const PngKind& kind) {
    return [=](const Pair& pair) { write_png(pair.label, cv::Mat(48, 64, type, cv::Scalar::all(value)), kind); };
  };
  const auto image = [](int type, const PngKind& kind) {
    return [=](const Pair& pair) { write_png(pair.image, cv::Mat(48, 64, type, cv::Scalar::all(1)), kind); };
  };
  const Palette palette{{0, 0, 0}, {255, 0, 0}};
  return {
      {"unknown label", labels(CV_8UC1, 77, {}), "77"},
      {"label of another size", [](const Pair& pair) { write_labels(pair.label, 47, 64, 3); }, "47x64"},
      {"label as RGB", labels(CV_8UC3, 3, {.color_type = SPNG_COLOR_TYPE_TRUECOLOR}), "label"},
      {"16-bit label out of the table", labels(CV_16UC1, 3000, {.bit_depth = 16}), "3000"},
      {"16-bit label in the table", labels(CV_16UC1, 3, {.bit_depth = 16}), ""},
      {"palette label", labels(CV_8UC1, 1, {.color_type = SPNG_COLOR_TYPE_INDEXED, .palette = palette}), ""},
      {"empty label", [](const Pair& pair) { write_text(pair.label, ""); }, "is empty"},
      {"truncated label", [](const Pair& pair) { write_text(pair.label, read_text(pair.label).substr(0, 80)); }, "damaged PNG"},
      {"label that is a JPEG",
       [](const Pair& pair) {
         cv::imwrite(pair.label.string() + ".jpg", cv::Mat(48, 64, CV_8UC1, cv::Scalar(3))), fs::rename(pair.label.string() + ".jpg", pair.label);
       },
       "not a PNG"},
      {"palette image", image(CV_8UC1, {.color_type = SPNG_COLOR_TYPE_INDEXED, .palette = palette}), ""},
      {"RGBA image", image(CV_8UC4, {.color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA}), ""},
      {"grey image", image(CV_8UC1, {}), ""},
      {"16-bit image", image(CV_16UC3, {.bit_depth = 16, .color_type = SPNG_COLOR_TYPE_TRUECOLOR}), ""},
      {"empty image", [](const Pair& pair) { write_text(pair.image, ""); }, "is empty"},
      {"truncated image", [](const Pair& pair) { write_text(pair.image, read_text(pair.image).substr(0, 500)); }, "damaged PNG"},
      {"truncated JPEG",
       [](const Pair& pair) {
         std::vector<std::uint8_t> bytes;
         cv::imencode(".jpg", cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(9)), bytes);
         write_text(pair.image, std::string(bytes.begin(), bytes.end()).substr(0, bytes.size() / 2));
       },
       "damaged JPEG"},
      {"30,000 x 30,000 image", [](const Pair& pair) { write_text(pair.image, png_claiming(30'000, 30'000)); }, "30000x30000"},
      {"text for an image", [](const Pair& pair) { write_text(pair.image, "<html>not found</html>"); }, "not a readable image"},
      {"link round in circles", [](const Pair& pair) { fs::remove(pair.image), fs::create_symlink(pair.image.filename(), pair.image); },
       "symbolic links"},
  };
}

/// One file of each kind in one data set, so that none hides another.
TEST_F(BadData, EveryBadFileIsNamedOrLeftOut) {
  FaultRow row("bad_data");
  const std::vector<Case> all = cases();
  const fs::path root = copy_of_data("data");
  const std::vector<Pair> damaged = pairs(root);
  ASSERT_GT(damaged.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].damage(damaged[i]);
  const ProgramResult checked = run("segdata", {"check", "--config", "camvid_ce.yaml", "--set", "data.root=" + root.string()});
  EXPECT_EQ(checked.exit_code, 3);
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    const std::string wanted = i < all.size() ? all[i].told : "";
    const std::vector<std::string> lines = lines_with(checked.out, damaged[i].image.stem().string());
    const bool told = std::ranges::any_of(lines, [&](const std::string& line) { return line.find(wanted) != std::string::npos; });
    EXPECT_TRUE(row.tried(wanted.empty() ? lines.empty() : told)) << (i < all.size() ? all[i].name : "a good pair") << '\n'
                                                                  << checked.out << checked.err;
  }
}

TEST_F(BadData, TrainingStopsOrSkipsAsConfigured) {
  FaultRow row("bad_data");
  for (const Case& bad : cases()) {
    if (bad.name != "unknown label" && bad.name != "truncated image" && bad.name != "30,000 x 30,000 image") continue;
    const fs::path root = copy_of_data(bad.told);
    const Pair pair = first_pair(root);
    bad.damage(pair);
    const ProgramResult stopped = run("segtrain", arguments("stop-" + bad.told, root, "stop"));
    EXPECT_TRUE(row.tried(is_clear_error(stopped, 3) && stopped.err.find(pair.image.stem().string()) != std::string::npos)) << stopped.err;
    const ProgramResult skipped = run("segtrain", arguments("skip-" + bad.told, root, "skip"));
    EXPECT_TRUE(row.tried(skipped.exit_code == 0)) << skipped.err;
    EXPECT_THAT(read_text(folder_ / ("skip-" + bad.told) / "metrics.jsonl"), AllOf(HasSubstr("\"skipped\""), HasSubstr(pair.image.stem().string())));
    EXPECT_LT(stopped.peak_mb, kSanitized ? 4000 : 1500) << bad.name;
  }
}

TEST_F(BadData, OrphansAreAllNamed) {
  FaultRow row("bad_data");
  const fs::path root = copy_of_data("orphans");
  const Pair pair = first_pair(root);
  fs::remove(pair.label);
  write_labels(root / "trainannot/nobody.png", 48, 64, 1);
  const ProgramResult result = run("segtrain", arguments("run", root, "stop"));
  EXPECT_TRUE(row.tried(is_clear_error(result, 3))) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr(pair.image.stem().string()), HasSubstr("nobody")));
}

TEST_F(BadData, AFileThatVanishesDuringTrainingIsNamed) {
  FaultRow row("bad_data");
  const fs::path root = copy_of_data("vanishing");
  std::vector<std::string> words = arguments("run", root, "stop");
  words.insert(words.end(), {"--set", "train.iterations=100000", "--set", "train.log_interval=1"});
  Process process(command("segtrain", words), with({}));
  const fs::path metrics = folder_ / "run/metrics.jsonl";
  ASSERT_TRUE(wait_until([&] { return !process.running() || (fs::exists(metrics) && read_text(metrics).find("\"train\"") != std::string::npos); }));
  const fs::path lost = first_pair(root).label;
  fs::remove(lost);
  const ProgramResult result = process.wait();
  EXPECT_TRUE(row.tried(is_clear_error(result, 3) && result.err.find(lost.string()) != std::string::npos)) << result.err;
}

TEST_F(BadData, NamesMayHoldAnyCharacters) {
  FaultRow row("bad_data");
  const fs::path root = copy_of_data("data \"quoted\" <b> \xC3\xA4\xE2\x82\xAC 'x'");
  const Pair pair = first_pair(root);
  const std::string odd = "it's a \"frame\", <script>alert(1) \xE8\xB7\xAF \xFF;#.png";
  fs::rename(pair.image, pair.image.parent_path() / odd);
  fs::rename(pair.label, pair.label.parent_path() / odd);
  const ProgramResult trained = run("segtrain", arguments("run", root, "stop"));
  EXPECT_TRUE(row.tried(trained.exit_code == 0)) << trained.err;
  const ProgramResult scored =
      run("segeval", {"--checkpoint", (checkpoints("run") / "best.safetensors").string(), "--split", "train", "--save-predictions", "ids"});
  EXPECT_TRUE(row.tried(scored.exit_code == 0 && fs::exists(folder_ / "run/eval/train/predictions/train" / odd))) << scored.err;
}

class FewLabels : public BadData {
 protected:
  /// Trains and evaluates with this class table; the report.
  nlohmann::json report_of(const std::string& name, const std::string& table, const std::string& loss, ProgramResult& trained) const {
    write_text(folder_ / (name + ".yaml"), table);
    trained =
        run("segtrain", training_with(name, {"data.classes=" + (folder_ / (name + ".yaml")).string(), "loss.type=" + loss, "train.iterations=6"}));
    if (trained.exit_code != 0) return {};
    const fs::path output = folder_ / name / "scores";
    EXPECT_EQ(run("segeval", {"--checkpoint", (checkpoints(name) / "best.safetensors").string(), "--output", output.string()}).exit_code, 0);
    const std::string text = read_text(output / "report.json") + read_text(folder_ / name / "metrics.jsonl");
    EXPECT_EQ(text.find("nan"), std::string::npos);
    return nlohmann::json::parse(read_text(output / "report.json"));
  }
  static int warnings(const ProgramResult& result, const std::string& part) {
    int count = 0;
    for (std::size_t at = result.err.find(part); at != std::string::npos; at = result.err.find(part, at + 1)) ++count;
    return count;
  }
};

TEST_F(FewLabels, WhereEveryPixelIsIgnoredTheResultIsDefined) {
  FaultRow row("no_labels");
  // No file holds the id 99.
  const std::string table =
      "classes: [{name: Ghost, id: 99, color: [1, 2, 3]}, {name: Other, id: 98, color: [3, 2, 1]}]\nignore: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n";
  for (const std::string& loss : tried_of(std::vector<std::string>{"recall", "weighted_ce", "ce", "lovasz"}, 2)) {
    ProgramResult trained;
    const nlohmann::json report = report_of("all-ignored-" + loss, table, loss, trained);
    EXPECT_TRUE(row.tried(trained.exit_code == 0 && report.at("pixels") == 0 && report.at("mean_iou").is_null())) << trained.err;
    EXPECT_EQ(warnings(trained, "every pixel of the batch is ignored"), 1) << trained.err;
    EXPECT_EQ(warnings(trained, "every pixel of the val split is ignored"), 1) << trained.err;
  }
}

TEST_F(FewLabels, OneClassAloneIsDefined) {
  FaultRow row("no_labels");
  const std::string table = "classes: [{name: Road, id: 3, color: [1, 2, 3]}]\nignore: [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]\n";
  for (const std::string& loss : tried_of(std::vector<std::string>{"recall", "weighted_ce", "ce", "soft_iou"}, 2)) {
    ProgramResult trained;
    const nlohmann::json report = report_of("one-" + loss, table, loss, trained);
    EXPECT_TRUE(row.tried(trained.exit_code == 0 && report.at("mean_iou") == 1.0 && report.at("mean_accuracy") == 1.0)) << trained.err;
  }
}

TEST_F(FewLabels, AClassWithoutAPixelIsNullAndTold) {
  FaultRow row("no_labels");
  std::string table = read_text(repository_file("data/camvid.yaml"));
  table.insert(table.find("\nvoid:"), "\n  - {name: Ghost, id: 99, color: [1, 2, 3]}");
  for (const std::string& loss : tried_of(std::vector<std::string>{"weighted_ce", "recall", "ldam"}, 1)) {
    ProgramResult trained;
    const nlohmann::json report = report_of("absent-" + loss, table, loss, trained);
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const nlohmann::json& ghost = report.at("classes").at(11);
    EXPECT_TRUE(row.tried(ghost.at("name") == "Ghost" && ghost.at("pixels") == 0 && ghost.at("accuracy").is_null())) << ghost;
    if (loss == "weighted_ce") {
      EXPECT_EQ(warnings(trained, "'Ghost' has no pixel"), 1) << trained.err;
    }
  }
}

}  // namespace
}  // namespace seg::test
