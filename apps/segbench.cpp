// segbench: how fast training, the loss, the loader, evaluation, prediction and single convolutions are, and how much memory they take.

#include <opencv2/core/utility.hpp>

#include <iostream>

#include "base/app.hpp"
#include "base/files.hpp"
#include "bench/bench.hpp"
#include "engine/commands/command_options.hpp"
#include "engine/process.hpp"

namespace {

using seg::Option;

Option largest_product_option(std::int64_t* value) {
  return {.name = "--largest-product",
          .help = "size of the largest matrices in the best-rate measurement; 0: 4096, on a GPU 8192",
          .value = value,
          .min = 0};
}

/// The measurement of one verb, with the options that all verbs share and its own.
template <class Bench>
struct Measurement {
  Bench bench;
  std::filesystem::path json;

  std::vector<Option> options(seg::Repeats& repeats, const std::string& name, const std::vector<Option>& own) {
    seg::BenchSource& source = bench.source;
    std::vector<Option> all{
        {.name = "--" + name, .help = "how many " + name + " to measure", .value = &repeats.runs, .min = 1},
        {.name = "--warmup", .help = name + " before the measurement starts", .value = &repeats.warmup, .min = 0},
        seg::config_option(&source.config, "recipe (default: DeepLabV3+ ResNet-18, 12 classes, recall loss, 4 x 360x480, drawn data)"),
        seg::set_option(&source.overrides, "train.batch_size=8"),
        {"--draw", "number of street scenes to draw instead of reading data.root; 0: read data.root; -1: draw if there is no --config", &source.draw},
        {"--draw-size", "size of the drawn images (default: data.size)", &source.draw_size},
        seg::device_option(&source.device),
        {"--json", "also write the results to this file", &json, "FILE"}};
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }

  int print(const seg::BenchReport& report) const {
    std::cout << report.text();
    if (!json.empty()) seg::write_file_atomic(json, report.json().dump(2) + "\n");
    return 0;
  }
};

struct Train : Measurement<seg::TrainBench> {
  std::filesystem::path step_file;

  int run() {
    if (step_file.empty()) {
      const seg::Communicator ranks = seg::join_ranks(seg::TrainOptions().rank_timeout_s);
      const seg::BenchReport report = seg::bench_train(bench, ranks);
      return ranks.is_first() ? print(report) : 0;
    }
    seg::write_step_file(bench.source, step_file);
    std::cout << "step: " << step_file.string() << '\n';
    return 0;
  }

  seg::Verb verb() {
    return {"train", "training steps, with the loader and with one batch in memory, compared with the processor's best rate",
            options(bench.steps, "steps",
                    {{"--synthetic-only", "leave the loader out", &bench.synthetic_only},
                     largest_product_option(&bench.largest_product),
                     {"--profile", "write the 25 slowest kernels of a step to this file; on the CPU, the slowest operators", &bench.profile, "FILE"},
                     {"--step-file", "write weights, batch and loss of the first step for other programs; measure nothing", &step_file, "FILE"}}),
            [this] { return run(); }};
  }
};

struct Loss : Measurement<seg::LossBench> {
  std::string shape = "6x19x193x193";

  int run() {
    bench.shape = seg::parse_shape(shape);
    return print(seg::bench_loss(bench));
  }

  seg::Verb verb() {
    return {"loss", "recall loss: the kernel compared with plain LibTorch operations and with cross entropy",
            options(bench.runs, "runs", {{"--shape", "shape of the logits", &shape, "NxKxhxw"}, {"--size", "size of the labels", &bench.size}}),
            [this] { return run(); }};
  }
};

struct Data : Measurement<seg::DataBench> {
  seg::Verb verb() {
    return {"data", "images per second from the loader, with each kind of cache",
            options(bench.passes, "passes",
                    {{.name = "--batches", .help = "batches of a pass, at most", .value = &bench.batches, .min = 1},
                     {.name = "--cache",
                      .help = "none, memory or disk; may be given several times (default: all three)",
                      .value = &bench.caches,
                      .type = "KIND",
                      .words = seg::cache_kinds}}),
            [this] { return print(seg::bench_data(bench)); }};
  }
};

struct Eval : Measurement<seg::EvalBench> {
  seg::Verb verb() {
    return {"eval", "images per second of evaluation",
            options(bench.passes, "passes", {{.name = "--images", .help = "images of a pass, at most", .value = &bench.images, .min = 1}}),
            [this] { return print(seg::bench_eval(bench)); }};
  }
};

struct Predict : Measurement<seg::PredictBench> {
  seg::Verb verb() {
    return {"predict", "milliseconds from one image to its predicted labels", options(bench.images, "images", {}),
            [this] { return print(seg::bench_predict(bench)); }};
  }
};

struct Conv : Measurement<seg::ConvBench> {
  seg::Verb verb() {
    return {"conv", "each convolution of the network by itself, compared with LibTorch and with the processor's best rate",
            options(bench.runs, "runs", {largest_product_option(&bench.largest_product)}), [this] { return print(seg::bench_conv(bench)); }};
  }
};

}  // namespace

int main(int argc, char** argv) {
  cv::setNumThreads(1);  // images are spread over our own pool
  Train train;
  Loss loss;
  Data data;
  Eval eval;
  Predict predict;
  Conv conv;
  const seg::Program program{.name = "segbench",
                             .help = "Measures speed and memory; prints medians with the smallest and largest value.",
                             .verbs = {train.verb(), loss.verb(), data.verb(), eval.verb(), predict.verb(), conv.verb()},
                             .versions = seg::library_versions};
  return seg::run_program(program, argc, argv);
}
