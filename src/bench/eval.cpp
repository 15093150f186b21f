#include <algorithm>

#include "bench/bench.hpp"
#include "data/dataset_registry.hpp"
#include "engine/evaluation/evaluator.hpp"

namespace seg {

namespace {

constexpr std::int64_t kImagesInMemory = 4;  // in memory, predicted one after the other

}  // namespace

BenchReport bench_eval(const EvalBench& bench) {
  const BenchSetup setup(bench.source);
  const auto experiment = setup.build();
  const RunConfig& config = experiment->config;
  const Inference inference(experiment->learner->model(), config.model, config.eval, experiment->compute);

  const std::string split = reported_split(config.data);
  const std::shared_ptr<const FileDataset> dataset = open_files(config.data, split, evaluation_frame(config));
  EvaluationRequest request;
  request.loader = evaluation_loader(config);
  const std::int64_t images = std::min(bench.images, dataset->size());
  request.loader.batch_size = std::min(request.loader.batch_size, images);
  request.loader.batches = images / request.loader.batch_size;
  const auto evaluated = static_cast<double>(request.loader.batches * request.loader.batch_size);

  const Batch batch = random_batch(kImagesInMemory, config.data.size, static_cast<std::int64_t>(experiment->classes().size()));
  const auto seconds = measure_in_turn(
      bench.passes, {[&] { evaluate(inference, dataset, request); }, [&] { inference.predict(batch.images, config.data.size).cpu(); }});

  BenchReport report("eval");
  add_facts(report, *experiment);
  report.fact("split", split + ", " + std::to_string(static_cast<std::int64_t>(evaluated)) + " of " + std::to_string(dataset->size()) + " images");
  report.fact("workers", request.loader.workers);
  report.add("split", "images_per_second", measurement_of(rates(seconds[0], evaluated)), "1/s");
  report.add("synthetic", "images_per_second", measurement_of(rates(seconds[1], static_cast<double>(kImagesInMemory))), "1/s");
  report.add("memory", "peak_resident", static_cast<double>(peak_resident_bytes()) / kMegabyte, "MB");
  return report;
}

}  // namespace seg
