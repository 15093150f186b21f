#include "models/published_weights.hpp"

#include <gmock/gmock.h>

#include <map>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "models/weights.hpp"
#include "support/captured_log.hpp"
#include "support/file_server.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::FileServer;
using test::read_text;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;

/// A row of its own, whose file is small, and an environment in which all places lie in one folder.
class PublishedWeightsFile : public testing::Test {
 protected:
  PublishedWeightsFile() {
    for (const char* name : {"SEGTRAIN_WEIGHTS", "SEGTRAIN_WEIGHTS_URL", "XDG_CACHE_HOME", "TORCH_HOME", "no_proxy"}) {
      const char* value = getenv(name);
      before_[name] = value == nullptr ? "" : value;
    }
    set("SEGTRAIN_WEIGHTS", "");
    set("XDG_CACHE_HOME", (folder_ / "cache").string());
    set("TORCH_HOME", "");
    set("no_proxy", "*");
    write_text(folder_ / "original", body_);
    row_ = {.backbone = "tiny", .file = "tiny-" + sha256_of(folder_ / "original").substr(0, 8) + ".pth"};
    set("SEGTRAIN_WEIGHTS_URL", server_.address() + "/mirror/");
  }
  ~PublishedWeightsFile() override {
    for (const auto& [name, value] : before_) set(name, value);
  }

  static void set(const std::string& name, const std::string& value) {
    value.empty() ? unsetenv(name.c_str()) : setenv(name.c_str(), value.c_str(), 1);
  }

  /// The file in this folder.
  fs::path put(const fs::path& folder, const std::string& text) const {
    fs::create_directories(folder_ / folder);
    write_text(folder_ / folder / row_.file, text);
    return folder_ / folder / row_.file;
  }

  Error refusal() const {
    try {
      find_published_weights(row_);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "found";
    return {ErrorKind::kInternal, ""};
  }

  test::TemporaryFolder folder_;
  const std::string body_ = "weights";
  FileServer server_{[this](const FileServer::Request&) { return FileServer::Answer{.body = body_}; }};
  PublishedWeights row_;
  std::map<std::string, std::string> before_;
};

TEST_F(PublishedWeightsFile, IsTakenFromTheFirstPlaceThatHasIt) {
  const fs::path hub_of_cache = put("cache/torch/hub/checkpoints", body_);
  EXPECT_EQ(find_published_weights(row_), hub_of_cache);
  set("TORCH_HOME", (folder_ / "torch_home").string());
  const fs::path hub = put("torch_home/hub/checkpoints", body_);
  EXPECT_EQ(find_published_weights(row_), hub);
  const fs::path own = put("cache/segtrain/weights", body_);
  EXPECT_EQ(find_published_weights(row_), own);
  set("SEGTRAIN_WEIGHTS", (folder_ / "mine").string());
  const fs::path mine = put("mine", body_);
  const test::CapturedLog log;
  EXPECT_EQ(find_published_weights(row_), mine);
  EXPECT_THAT(log.text(), HasSubstr("model.pretrained: imagenet is " + mine.string() + " (SEGTRAIN_WEIGHTS)"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(PublishedWeightsFile, IsDownloadedOnceAndKept) {
  std::int64_t bytes = 0;
  const fs::path file = find_published_weights(row_, [&](std::int64_t done, std::int64_t) { bytes = done; });
  EXPECT_EQ(file, folder_ / "cache/segtrain/weights" / row_.file);
  EXPECT_EQ(read_text(file), body_);
  EXPECT_EQ(bytes, static_cast<std::int64_t>(body_.size()));
  EXPECT_EQ(find_published_weights(row_), file);
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(server_.requests()[0].path, "/mirror/" + row_.file);
}

TEST_F(PublishedWeightsFile, WithAnotherDigestIsPassedOverWithAWarning) {
  const fs::path damaged = put("cache/segtrain/weights", "weighta");
  const fs::path hub = put("cache/torch/hub/checkpoints", body_);
  const test::CapturedLog log;
  EXPECT_EQ(find_published_weights(row_), hub);
  EXPECT_THAT(log.text(), HasSubstr(damaged.string() + " is skipped: it is damaged or another file"));
  fs::remove(hub);
  EXPECT_EQ(find_published_weights(row_), damaged);  // replaced
  EXPECT_EQ(read_text(damaged), body_);
}

TEST_F(PublishedWeightsFile, WithoutAServerTheErrorSaysWhereToPutIt) {
  set("SEGTRAIN_WEIGHTS_URL", "http://127.0.0.1:1/models");
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::kStorage);
  EXPECT_THAT(error.what(), HasSubstr("http://127.0.0.1:1/models/" + row_.file));
  EXPECT_THAT(error.hint,
              AllOf(HasSubstr("put " + row_.file + " into " + (folder_ / "cache/segtrain/weights").string()), HasSubstr("SEGTRAIN_WEIGHTS")));
}

TEST_F(PublishedWeightsFile, WithoutAnAddressTheErrorSaysHowToGetIt) {
  set("SEGTRAIN_WEIGHTS_URL", "");
  row_.by_hand = "run scripts/get.sh tiny";
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::kStorage);
  EXPECT_THAT(error.what(), AllOf(HasSubstr(row_.file), HasSubstr((folder_ / "cache/segtrain/weights").string())));
  EXPECT_EQ(error.hint, row_.by_hand);
}

TEST_F(PublishedWeightsFile, AnEnvironmentThatNamesNothingIsRefused) {
  set("SEGTRAIN_WEIGHTS_URL", "ftp://example.org");
  EXPECT_THAT(refusal().what(), HasSubstr("SEGTRAIN_WEIGHTS_URL is 'ftp://example.org'"));
  set("SEGTRAIN_WEIGHTS", "/nonexistent");
  EXPECT_THAT(refusal().what(), HasSubstr("SEGTRAIN_WEIGHTS: there is no folder /nonexistent"));
  EXPECT_EQ(refusal().kind, ErrorKind::kConfiguration);
}

TEST(PublishedWeightsTable, NamesBackbonesThatAreThereAndDigests) {
  const std::vector<std::string> backbones = backbone_names();
  for (const PublishedWeights& weights : published_weights()) {
    EXPECT_THAT(backbones, testing::Contains(weights.backbone));
    EXPECT_THAT(weights.file, testing::MatchesRegex("[a-z0-9-]+-[0-9a-f]{8}\\.pth"));
    EXPECT_NE(weights.address.empty(), weights.by_hand.empty()) << weights.backbone;
    EXPECT_EQ(&published_weights_of(weights.backbone), &weights);
  }
}

TEST(PublishedWeightsTable, ABackboneWithoutIsAConfigurationError) {
  ModelOptions options;
  options.pretrained = kImageNet;
  EXPECT_NO_THROW(check_model(options));
  options.width = 0.5;
  EXPECT_THROW(check_model(options), Error);
  options.width = 1;
  options.backbone = "resnet18_published";
  try {
    check_model(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_THAT(error.hint, AllOf(HasSubstr("resnet18, resnet34, resnet50, resnet101"), HasSubstr("model.pretrained")));
  }
}

}  // namespace
}  // namespace seg
