// The paths of all files in the folder of a run and in the folder of an evaluation.
#pragma once

#include <filesystem>
#include <string>

namespace seg {

struct EvaluationPaths {
  std::filesystem::path folder;

  std::filesystem::path report() const { return folder / "report.json"; }
  std::filesystem::path per_class() const { return folder / "per_class.csv"; }
  std::filesystem::path confusion() const { return folder / "confusion.csv"; }
  std::filesystem::path per_image() const { return folder / "per_image.jsonl"; }
  std::filesystem::path tau_curve() const { return folder / "tau_curve.csv"; }
  std::filesystem::path tau_counts() const { return folder / "tau_counts.jsonl"; }
  std::filesystem::path panels() const { return folder / "panels"; }
};

struct RunPaths {
  std::filesystem::path root;

  std::filesystem::path config() const { return root / "config.yaml"; }
  std::filesystem::path log() const { return root / "train.log"; }
  std::filesystem::path metrics() const { return root / "metrics.jsonl"; }
  std::filesystem::path tensorboard() const { return root / "tensorboard"; }
  std::filesystem::path page() const { return root / "report.html"; }
  std::filesystem::path checkpoints() const { return root / "checkpoints"; }
  std::filesystem::path last() const { return checkpoints() / "last.safetensors"; }
  std::filesystem::path best() const { return checkpoints() / "best.safetensors"; }
  std::filesystem::path bad_steps() const { return root / "bad_steps"; }
  std::filesystem::path lock() const { return root / ".lock"; }
  std::filesystem::path evaluations() const { return root / "eval"; }
  EvaluationPaths evaluation(const std::string& split) const { return {evaluations() / split}; }
};

}  // namespace seg
