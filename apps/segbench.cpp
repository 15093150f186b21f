// segbench: how fast training, the loss, the loader and evaluation are, and how much memory they take.

#include <CLI/CLI.hpp>
#include <opencv2/core/utility.hpp>

#include <iostream>

#include "base/app.hpp"
#include "base/files.hpp"
#include "bench/data.hpp"
#include "bench/eval.hpp"
#include "bench/loss.hpp"
#include "bench/step_file.hpp"
#include "bench/train.hpp"

namespace {

void add_source(CLI::App& verb, seg::BenchSource& source, std::string& json) {
  verb.add_option("--config", source.config, "recipe (default: DeepLabV3+ ResNet-18, 12 classes, recall loss, 4 x 360x480, drawn data)");
  verb.add_option("--set", source.overrides, "key=value, such as train.batch_size=8; repeats")->allow_extra_args(false);
  verb.add_option("--draw", source.draw, "draw so many street scenes instead of reading data.root; 0: read it")->type_name("N");
  verb.add_option("--draw-size", source.draw_size, "of the drawn images (default: data.size)")->type_name("HxW");
  verb.add_option("--device", source.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  verb.add_option("--json", json, "write the results there too")->type_name("FILE");
}

void add_repeats(CLI::App& verb, seg::Repeats& repeats, const std::string& name) {
  verb.add_option("--" + name, repeats.runs, "measured " + name)->capture_default_str()->check(CLI::Range(1, 1000000));
  verb.add_option("--warmup", repeats.warmup, name + " before, not measured")->capture_default_str()->check(CLI::Range(0, 1000000));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures speed and memory; prints medians with the smallest and largest value.", "segbench");
  app.require_subcommand(1);
  seg::BenchSource source;
  std::string json, step_file, shape = "6x19x193x193", size = "769x769";
  seg::TrainBench train;
  seg::LossBench loss;
  seg::DataBench data;
  seg::EvalBench eval;

  auto* train_verb = app.add_subcommand("train", "training steps, with the loader and with one batch in memory, against the processor's best rate");
  add_repeats(*train_verb, train.steps, "steps");
  train_verb->add_flag("--synthetic-only", train.synthetic_only, "leave the loader out");
  train_verb->add_option("--step-file", step_file, "write weights, batch and loss of the first step for other programs, measure nothing");
  auto* loss_verb = app.add_subcommand("loss", "recall loss: the kernel against plain operations and against cross entropy");
  add_repeats(*loss_verb, loss.runs, "runs");
  loss_verb->add_option("--shape", shape, "of the logits")->capture_default_str()->type_name("NxKxhxw");
  loss_verb->add_option("--size", size, "of the labels")->capture_default_str()->type_name("HxW");
  auto* data_verb = app.add_subcommand("data", "images a second from the loader, with each kind of cache");
  add_repeats(*data_verb, data.passes, "passes");
  data_verb->add_option("--batches", data.batches, "of a pass at most")->capture_default_str()->check(CLI::Range(1, 1000000));
  auto* eval_verb = app.add_subcommand("eval", "images a second of evaluation");
  add_repeats(*eval_verb, eval.passes, "passes");
  eval_verb->add_option("--images", eval.images, "of a pass at most")->capture_default_str()->check(CLI::Range(1, 1000000));
  for (auto* verb : {train_verb, loss_verb, data_verb, eval_verb}) add_source(*verb, source, json);

  return seg::run_app(app, argc, argv, [&] {
    cv::setNumThreads(1);  // images are spread over our own pool
    train.source = loss.source = data.source = eval.source = source;
    if (!step_file.empty()) {
      seg::write_step_file(source, step_file);
      std::cout << "step: " << step_file << '\n';
      return 0;
    }
    loss.shape = seg::parse_shape(shape);
    loss.size = seg::parse_size(size, "--size");
    const seg::BenchReport report = *train_verb  ? seg::bench_train(train)
                                    : *loss_verb ? seg::bench_loss(loss)
                                    : *data_verb ? seg::bench_data(data)
                                                 : seg::bench_eval(eval);
    std::cout << report.text();
    if (!json.empty()) seg::write_file_atomic(json, report.json().dump(2) + "\n");
    return 0;
  });
}
