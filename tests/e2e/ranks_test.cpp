// Several processes train, evaluate and are told apart; what happens when one is lost: rank_faults_test.cpp.
#include "e2e/ranks.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>

namespace seg::test {
namespace {

using testing::HasSubstr;

class Ranks : public RankPrograms {
 protected:
  std::vector<std::string> steps_from(const fs::path& weights, const std::string& run_dir, int count, std::vector<std::string> settings) const {
    settings.push_back("model.init_from=" + weights.string());
    return steps(run_dir, count, settings);
  }

  /// Weights to start from. From those drawn at random rounding alone takes one process with one thread and one with two apart.
  const fs::path& trained() const {
    static const fs::path weights = shared() / "trained.safetensors";
    if (fs::exists(weights)) return weights;
    EXPECT_EQ(run("segtrain", steps("before", 150, {"optimizer.type=adam", "optimizer.lr=0.002", "loss.type=ce"})).exit_code, 0);
    fs::copy(checkpoints("before") / "best.safetensors", weights);
    return weights;
  }
};

using Tensors = std::map<std::string, std::vector<double>>;

/// The float32 tensors of a checkpoint whose names begin and end like this.
Tensors tensors(const fs::path& file, const std::string& prefix, const std::string& suffix = "") {
  const std::string bytes = read_text(file);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const nlohmann::json header = nlohmann::json::parse(bytes.substr(8, length));
  Tensors found;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__" || entry["dtype"] != "F32" || !name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
    std::vector<float> values((end - begin) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + 8 + length + begin, end - begin);
    found[name].assign(values.begin(), values.end());
  }
  return found;
}

double norm(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

double norm(const std::vector<double>& a) { return norm(a, std::vector<double>(a.size())); }

double norm(const Tensors& a, const Tensors& b) {
  double sum = 0.0;
  for (const auto& [name, values] : a) sum += std::pow(norm(values, b.at(name)), 2);
  return std::sqrt(sum);
}

/// max over tensors of |a - b| / |a|, those under 1e-6 of the whole excepted.
double worst_difference(const Tensors& a, const Tensors& b) {
  double whole = 0.0, worst = 0.0;
  for (const auto& [name, values] : a) whole += std::pow(norm(values), 2);
  for (const auto& [name, values] : a)
    if (norm(values) > 1e-6 * std::sqrt(whole)) worst = std::max(worst, norm(values, b.at(name)) / norm(values));
  return worst;
}

/// After the first step SGD's momentum is the gradient. Where rounding takes an activation across 0, the layers before it differ by 1e-3; which batch
/// (which seed) has none such depends on the machine. A wrong gradient differs in all of them.
TEST_F(Ranks, AStepHasTheGradientOfOneProcess) {
  struct Case {
    std::string loss;
    std::vector<std::string> settings;
    std::vector<std::size_t> ranks;
  };
  // The other losses: tests/losses/ranks_test.cpp.
  const std::vector<Case> cases{{"recall", {"loss.type=recall", "loss.error_rate.momentum=0.9"}, {2, 3}},
                                {"jaccard", {"loss.type=sum", "loss.sum={ce: 0.25, soft_iou: 0.75}"}, {3}}};
  for (const auto& [loss, settings, ranks] : cases) {
    const auto gradients = [&, name = loss, given = settings](std::size_t count, int seed) {
      const std::string run = name + std::to_string(count) + "-" + std::to_string(seed);
      std::vector<std::string> all = given;
      all.push_back("train.seed=" + std::to_string(seed));
      EXPECT_EQ(run_ranks("segtrain", count, steps_from(trained(), run, 1, all)).exit_code, 0);
      return tensors(checkpoints(run) / "last.safetensors", "optimizer.", ".momentum");
    };
    std::map<int, Tensors> expected;
    for (const std::size_t count : ranks) {
      double worst = 1.0;
      for (int seed = 0; worst >= 1e-5 && seed < 8; ++seed) {
        if (!expected.contains(seed)) expected[seed] = gradients(1, seed);
        worst = worst_difference(expected[seed], gradients(count, seed));
      }
      EXPECT_LT(worst, 1e-5) << loss << ", " << count << " ranks";
    }
  }
}

/// The same between GPUs, over NCCL.
TEST_F(Ranks, TwoGpusHaveTheGradientOfOne) {
  const std::string version = run("segtrain", {"--version"}).out, found = version.substr(version.find("CUDA: "));
  if (std::atoi(found.c_str() + 6) < 2) GTEST_SKIP() << "needs two GPUs that LibTorch sees";
  const auto gradients = [&](std::size_t count, const std::string& allreduce) {
    const std::string name = "gpus" + std::to_string(count) + allreduce;
    std::vector<std::string> arguments = steps_from(trained(), name, 1, {"model.dropout=0", "train.allreduce=" + allreduce});
    *std::next(std::ranges::find(arguments, "--device")) = "cuda";
    EXPECT_EQ(run_ranks("segtrain", count, arguments).exit_code, 0);
    return tensors(checkpoints(name) / "last.safetensors", "optimizer.", ".momentum");
  };
  const Tensors expected = gradients(1, "fp32");
  EXPECT_LT(worst_difference(expected, gradients(2, "fp32")), 1e-3);
  EXPECT_LT(worst_difference(expected, gradients(2, "bf16")), 2e-2);
}

TEST_F(Ranks, LocalRecallIsAnotherGradient) {
  std::vector<Tensors> gradients;
  for (const std::size_t count : {1, 2}) {
    const std::string name = "local" + std::to_string(count);
    run_ranks("segtrain", count, steps(name, 1, {"loss.error_rate.scope=local"}));
    gradients.push_back(tensors(checkpoints(name) / "last.safetensors", "optimizer.", ".momentum"));
  }
  EXPECT_GT(worst_difference(gradients[0], gradients[1]), 1e-3);
}

TEST_F(Ranks, TwentyStepsEndWhereOneProcessEnds) {
  std::vector<Tensors> weights;
  for (const std::size_t count : {1, 2, 3}) {
    const std::string name = "after" + std::to_string(count);
    ASSERT_EQ(run_ranks("segtrain", count, steps_from(trained(), name, 20, {"optimizer.sgd.momentum=0"})).exit_code, 0);
    weights.push_back(tensors(checkpoints(name) / "last.safetensors", "model."));
  }
  const double moved = norm(weights[0], tensors(trained(), "model."));
  for (const std::size_t other : {1, 2}) EXPECT_LT(norm(weights[0], weights[other]), 1e-3 * moved) << other + 1 << " ranks";
}

TEST_F(Ranks, ARunGoesOnWithAnotherNumberOfProcesses) {
  const auto arguments = [&](const std::string& name) {
    return going_on(steps_from(trained(), name, 16, {"optimizer.sgd.momentum=0", "train.checkpoint_interval=4", "train.rank_timeout_s=20"}));
  };
  const Processes two = start("segtrain", {arguments("run"), arguments("run")});
  ASSERT_TRUE(wait_until([&] { return count("run", "checkpoint") > 0 || !two[0]->running(); }));
  two[0]->send(SIGTERM);
  for (const ProgramResult& stopped : wait(two)) ASSERT_EQ(stopped.exit_code, 143) << stopped.err;
  const ProgramResult finished = run("segtrain", arguments("run"));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("continues with 1 processes instead of 2"));
  ASSERT_EQ(run("segtrain", arguments("whole")).exit_code, 0);
  const Tensors expected = tensors(checkpoints("whole") / "last.safetensors", "model.");
  const double moved = norm(expected, tensors(trained(), "model."));
  EXPECT_LT(norm(expected, tensors(checkpoints("run") / "last.safetensors", "model.")), 1e-3 * moved);
}

TEST_F(Ranks, AnEvaluationIsThatOfOneProcessBitForBit) {
  ASSERT_EQ(run("segtrain", steps("run", 4, {})).exit_code, 0);
  const std::string seven = (folder_ / "seven").string();
  ASSERT_EQ(run("segdata", {"generate", "--layout", "camvid", "--output", seven, "--count", "35", "--size", "48x64"}).exit_code, 0);
  std::vector<std::string> reports;
  for (const std::size_t count : {1, 2, 3, 4}) {
    const fs::path output = folder_ / ("eval" + std::to_string(count));
    const ProgramResult result =
        run_ranks("segeval", count,
                  {"--checkpoint", (checkpoints("run") / "best.safetensors").string(), "--split", "test", "--output", output.string(), "--set",
                   "train.threads=1", "--set", "data.root=" + seven, "--tau-curve", "--save-predictions", "ids"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    std::string all;
    for (const char* file : {"report.json", "per_image.jsonl", "confusion.csv", "tau_counts.jsonl"}) all += read_text(output / file);
    for (const auto& entry : fs::recursive_directory_iterator(output / "predictions"))
      if (entry.is_regular_file()) all += entry.path().filename().string();
    reports.push_back(all);
  }
  EXPECT_EQ(nlohmann::json::parse(read_text(folder_ / "eval1" / "report.json"))["images"], 7);
  for (std::size_t other = 1; other < reports.size(); ++other) EXPECT_EQ(reports[other], reports[0]) << other + 1 << " ranks";
}

TEST_F(Ranks, ABenchmarkSaysWhatTheyCostEachOther) {
  const fs::path json = folder_ / "bench.json";
  const std::vector<std::string> arguments{"train",
                                           "--synthetic-only",
                                           "--steps",
                                           "2",
                                           "--warmup",
                                           "1",
                                           "--draw",
                                           "10",
                                           "--set",
                                           "data.size=[48,48]",
                                           "--set",
                                           "train.batch_size=4",
                                           "--set",
                                           "train.threads=1",
                                           "--set",
                                           "model.width=0.125",
                                           "--largest-product",
                                           "64",
                                           "--json",
                                           json.string()};
  for (const ProgramResult& result : wait(start("segbench", {arguments, arguments}))) EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto ranks = nlohmann::json::parse(read_text(json)).at("results").at("ranks");
  const auto value = [&](const std::string& name) { return ranks.at(name).contains("median") ? ranks[name]["median"] : ranks[name]["value"]; };
  EXPECT_GT(value("sum_alone"), 0.0);
  EXPECT_GE(value("waiting"), 0.0);
  EXPECT_LE(value("hidden"), 1.0);
  EXPECT_GT(value("bytes_a_step"), 1.0);  // the gradients of 260,000 weights
  EXPECT_GT(value("peak_resident_of_all"), 100.0);
}

/// That both ended with this line, and the run has not begun.
void expect_refused(const std::vector<ProgramResult>& results, const std::string& difference, const fs::path& run_dir) {
  for (const ProgramResult& result : results) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr(difference));
  }
  EXPECT_FALSE(fs::exists(run_dir / "config.yaml"));
}

TEST_F(Ranks, RanksOfOtherConfigurationsAreRefusedWithTheDifference) {
  expect_refused(wait(start("segtrain", {steps("different", 1, {"optimizer.lr=0.1"}), steps("different", 1, {"optimizer.lr=0.2"})})),
                 "rank 1 has another configuration than rank 0: '--set optimizer.lr=0.2', not '--set optimizer.lr=0.1'", folder_ / "different");
}

TEST_F(Ranks, RanksOfOtherProgramsAreRefusedWithTheDifference) {
  const std::string version = run("segtrain", {"--version"}).out, own = version.substr(0, version.find('\n'));
  ASSERT_THAT(own, HasSubstr("segtrain "));
  const std::string number = own.substr(own.find(' ') + 1);
  std::string bytes = read_text(program("segtrain"));
  for (std::size_t at = bytes.find(number); at != std::string::npos; at = bytes.find(number, at + 1)) bytes[at] = '9';
  const fs::path other = folder_ / "segtrain";
  write_text(other, bytes);
  fs::permissions(other, fs::perms::owner_all);
  const std::vector<std::string> arguments = steps("different", 1, {});
  std::vector<std::string> of_other = command("segtrain", arguments);
  of_other.front() = other.string();
  expect_refused(wait(start({command("segtrain", arguments), of_other})), "rank 1 has another program than rank 0: ", folder_ / "different");
}

/// The program with another file or folder at this path: as on a machine that was set up differently.
std::vector<std::string> with_other(const fs::path& path, const fs::path& other) {
  return {"unshare", "-m", "sh", "-c", "mount --bind \"$0\" \"$1\" && shift && exec \"$@\"", other.string(), path.string()};
}

TEST_F(Ranks, RanksOfOtherFilesAtTheSamePathsAreRefusedWithTheDifference) {
  if (run_program({"unshare", "-m", "true"}).exit_code != 0) GTEST_SKIP() << "this user may not mount a folder over another";
  const fs::path other = folder_ / "other data";
  fs::copy(data(), other, fs::copy_options::recursive);
  const fs::path one = fs::directory_iterator(other / "trainannot")->path().filename();
  for (const char* part : {"train", "trainannot"}) ASSERT_TRUE(fs::remove(other / part / one));
  std::vector<std::string> arguments = steps("different", 1, {});
  expect_refused(wait(start({command("segtrain", arguments), under(with_other(data(), other), "segtrain", arguments)})),
                 "rank 1 has another list of training images than rank 0: ", folder_ / "different");

  const fs::path weights = folder_ / "weights.safetensors";
  fs::copy(trained(), weights);
  ASSERT_EQ(run("segtrain", steps_from(trained(), "moved", 1, {"optimizer.lr=0.1"})).exit_code, 0);
  arguments = steps_from(weights, "different", 1, {});
  expect_refused(
      wait(start({command("segtrain", arguments), under(with_other(weights, checkpoints("moved") / "best.safetensors"), "segtrain", arguments)})),
      "rank 1 has another start than rank 0: ", folder_ / "different");
}

TEST_F(Ranks, ABatchThatCannotBeSharedIsRefused) {
  const std::vector<std::string> arguments = steps("uneven", 1, {"train.batch_size=5"});
  for (const ProgramResult& result : wait(start("segtrain", {arguments, arguments}))) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("error: --set train.batch_size=5: train.batch_size is 5, which cannot be divided equally among 2 processes"));
  }
}

}  // namespace
}  // namespace seg::test
