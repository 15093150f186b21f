// An options struct with every kind of field, and what the tests ask of a document.
#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/document.hpp"
#include "config/fields.hpp"

namespace seg::config {

enum class Objective { kCe, kWeightedCe, kRecall };
inline constexpr Name<Objective> kObjectives[] = {{Objective::kCe, "ce"}, {Objective::kWeightedCe, "weighted_ce"}, {Objective::kRecall, "recall"}};

struct EmaOptions {
  double decay = 0.999;
  bool operator==(const EmaOptions&) const = default;
  void fields(Visitor& v) { v.field("decay", decay, {.help = "share of the old average", .min = 0.0, .max = 1.0}); }
};

struct TrainOptions {
  std::int64_t batch_size = 8;
  std::int64_t steps = 0;
  std::int64_t epochs = 0;
  double lr = 1e-3;
  bool deterministic = true;
  EmaOptions ema;
  bool operator==(const TrainOptions&) const = default;
  void fields(Visitor& v) {
    v.field("batch_size", batch_size, {.help = "images of one step", .unit = "images", .min = 1, .max = 4096});
    v.field("steps", steps, {.help = "so many steps", .min = 0, .instead_of = "epochs"});
    v.field("epochs", epochs, {.help = "or so many passes", .min = 0, .instead_of = "steps"});
    v.field("lr", lr, {.help = "learning rate", .min = 0.0});
    v.field("deterministic", deterministic, {.help = "the same result every time"});
    v.block("ema", ema, "average of the weights");
  }
};

struct DataOptions {
  std::string root;
  Size size = {384, 768};
  std::vector<std::int64_t> ids = {1, 2};
  std::vector<double> scale = {0.75, 1.25};
  std::vector<std::string> sides = {"left"};
  std::map<std::string, double> weights;
  std::int64_t workers = 4;
  bool operator==(const DataOptions&) const = default;
  void fields(Visitor& v) {
    v.field("root", root, {.help = "folder of the data set", .path = true});
    v.field("size", size, {.help = "what the network sees", .unit = "pixels", .min = 1, .max = 16384});
    v.field("ids", ids, {.help = "ids that count", .min = 0, .max = 255});
    v.field("scale", scale, {.help = "range of the scale", .min = 0.0, .max = 10.0});
    v.field("sides", sides, {.help = "cameras", .choices = {"left", "right"}});
    v.field("weights", weights, {.help = "weight of a class", .min = 0.0});
    v.field("workers", workers, {.help = "threads that read", .min = 0, .max = 256, .harmless = true});
  }
};

struct EmptyOptions {
  bool operator==(const EmptyOptions&) const = default;
  void fields(Visitor&) {}
};

struct SampleOptions {
  std::string name = "run";
  Objective loss = Objective::kCe;
  std::int64_t seed = 0;
  DataOptions data;
  TrainOptions train;
  EmptyOptions constant;
  bool operator==(const SampleOptions&) const = default;
  void fields(Visitor& v) {
    v.field("name", name, {.help = "name of the run"});
    v.choice("loss", loss, kObjectives, {.help = "what is minimised"});
    v.field("seed", seed, {.help = "seed of everything random"});
    v.block("data", data, "where images come from");
    v.block("train", train, "how long and how fast");
    v.block("constant", constant, "a schedule without options");
  }
};

inline SampleOptions read_sample(const std::string& text, const std::vector<std::string>& overrides = {}) {
  SampleOptions options;
  Document::from_text(text, "x.yaml", overrides).read_into(options);
  return options;
}

inline SampleOptions read_sample_file(const std::filesystem::path& file, const std::vector<std::string>& overrides = {}) {
  SampleOptions options;
  Document::from_file(file, overrides).read_into(options);
  return options;
}

/// "what | hint" of the configuration error `call` ends with; fails the test if it ends otherwise.
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    EXPECT_EQ(error.hint.find('\n'), std::string::npos) << error.hint;
    return error.what() + std::string(" | ") + error.hint;
  }
  ADD_FAILURE() << "no error";
  return {};
}

inline std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { read_sample(text, overrides); });
}

}  // namespace seg::config
