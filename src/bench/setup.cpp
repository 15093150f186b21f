#include "bench/setup.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/app.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "device/compute.hpp"
#include "engine/training/learner.hpp"
#include "ops/normalize.hpp"
#include "synthesis/generate.hpp"

namespace seg {

namespace {

constexpr std::int64_t kDrawn = 40;  // images; 70 % of them are the training split

// CamVid's 11 classes and void. Frames are resized, so that evaluation uses the same size as training.
constexpr const char* kDefaultRecipe = R"(
name: bench
data: {dataset: camvid, size: [360, 480], void: train}
model: {arch: deeplabv3plus, backbone: resnet18, output_stride: 16}
loss: {type: recall}
train: {batch_size: 4, iterations: 1}
)";

RunConfig read_config(const BenchSource& source, const std::vector<std::string>& overrides) {
  return source.config.empty() ? parse_run_config(kDefaultRecipe, "segbench's own recipe", overrides) : load_run_config(source.config, overrides);
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos) return line.substr(line.find(": ") + 2);
  return "unknown";
}

}  // namespace

BenchSetup::Folder::Folder(const Communicator& ranks) : own(ranks.is_first_here()) {
  std::string pattern = (fs::temp_directory_path() / "segbench-XXXXXX").string();
  if (ranks.is_first() && mkdtemp(pattern.data()) == nullptr)
    throw Error(ErrorKind::kStorage, "cannot create the temporary folder " + pattern, "set TMPDIR to a writable folder");
  path = ranks.broadcast(pattern);
  if (own) make_directories(path);
}

BenchSetup::Folder::~Folder() {
  std::error_code ignored;
  if (own) fs::remove_all(path, ignored);
}

BenchSetup::BenchSetup(const BenchSource& source, const Communicator& ranks) : ranks_(ranks), folder_(ranks), device_(source.device) {
  const std::int64_t count = source.draw >= 0 ? source.draw : source.config.empty() ? kDrawn : 0;
  std::vector<std::string> overrides = source.overrides;
  if (count > 0) overrides.push_back("data.root=" + (folder_.path / "data").string());
  config_ = read_config(source, overrides);
  if (count > 0) draw(count, source.draw_size == Size{} ? config_.data.size : source.draw_size);
  if (config_.data.cache_dir.empty()) config_.data.cache_dir = (folder_.path / "cache").string();
  // No schedule ends, and no learning rate becomes 0, within a benchmark.
  config_.train.epochs = 0;
  config_.train.iterations = 1'000'000;
}

void BenchSetup::draw(std::int64_t count, Size size) {
  if (ranks_.is_first_here()) {
    spdlog::info("drawing {} street scenes {} in the layout of {}", count, to_string(size), config_.data.dataset);
    generate_dataset({.layout = config_.data.dataset, .output = config_.data.root, .count = count, .size = size});
  }
  ranks_.barrier();  // before the others read it
  if (const fs::path own = fs::path(config_.data.root) / "classes.yaml"; fs::exists(own)) config_.data.classes = own.string();
}

Batch random_batch(std::int64_t images, Size size, std::int64_t classes) {
  torch::manual_seed(seed_of({0x62617463}));
  return {torch::randint(0, 256, {images, size.height, size.width, 3}, torch::kUInt8),
          torch::randint(0, classes, {images, size.height, size.width}, torch::kUInt8),
          std::vector<std::string>(static_cast<std::size_t>(images), "random")};
}

Batch synthetic_batch(const Experiment& experiment) {
  return random_batch(experiment.config.train.batch_size / experiment.ranks.world_size(), experiment.config.data.size,
                      static_cast<std::int64_t>(experiment.classes().size()));
}

ModelOutput forward_pass(const Experiment& experiment, const Batch& batch) {
  const torch::Tensor images = normalize(batch.images.to(experiment.compute.device), experiment.config.model.input);
  const PrecisionScope precision(experiment.compute.device, experiment.compute.precision);
  experiment.learner->model().train();
  return experiment.learner->model().forward(images);
}

std::vector<double> step_seconds(const Experiment& experiment, const Batch& batch) {
  std::int64_t iteration = 0;
  return measure({.warmup = 1, .runs = 3}, [&] {
    experiment.learner->step({batch}, iteration++);
    wait_for(experiment.compute.device);
  });
}

void add_facts(BenchReport& report, const RunConfig& config, const Compute& compute, std::int64_t threads, std::size_t classes) {
  report.fact("segbench", version_text());
  report.fact("libraries", compute_versions());
  report.fact("device", compute.device.str());
  report.fact("processor", processor());
  report.fact("threads", threads);
  report.fact("precision", compute.precision == torch::kBFloat16 ? "bf16" : "fp32");
  report.fact("model", network_name(config.model));
  report.fact("classes", classes);
}

void add_facts(BenchReport& report, const Experiment& experiment) {
  const RunConfig& config = experiment.config;
  add_facts(report, config, experiment.compute, experiment.threads, experiment.classes().size());
  if (experiment.ranks.several()) report.fact("processes", experiment.ranks.world_size());
  report.fact("loss", config.loss.type);
  report.fact("batch",
              std::to_string(config.train.accumulate) + " x " + std::to_string(config.train.batch_size) + " of " + to_string(config.data.size));
}

}  // namespace seg
