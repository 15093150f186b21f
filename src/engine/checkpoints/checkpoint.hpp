// Checkpoints: weights and everything else that a run needs to resume, in one safetensors file.
//
// Tensors: "model.*" weights and buffers, "ema.*" averaged weights, "optimizer.*", "loss.*", "aux_loss.*".
// Metadata: config (YAML), classes (JSON), class_pixels (JSON), iteration, best (JSON), versions, processes,
// digest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "ranks/communicator.hpp"

namespace seg {

/// The best validation so far.
struct BestScore {
  double score = 0.0;
  std::int64_t iteration = 0;
};

struct Checkpoint {
  std::string config;  // the run's resolved configuration, YAML
  ClassTable classes;
  std::int64_t iteration = 0;  // optimiser steps done
  std::optional<BestScore> best;
  std::string scores;    // JSON of the validation of these weights; empty if there was none
  std::string versions;  // versions of the program and of the libraries that trained it
  std::vector<std::int64_t>
      class_pixels;            // [K] pixels of each class seen in training; with rare_class, of the labels; empty in files of older versions
  std::int64_t processes = 1;  // number of processes that trained together
  State tensors;               // on the CPU
};

/// Writes the whole file or nothing. Throws kStorage.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
/// Checks structure and digest first. Throws kStorage naming the file and the defect.
Checkpoint load_checkpoint(const std::filesystem::path& path);
/// The same without the tensors, which stay in the file.
Checkpoint load_checkpoint_metadata(const std::filesystem::path& path);
/// load_checkpoint for a run to resume from. Also throws kStorage for a file with only weights, such as best.safetensors.
Checkpoint load_resumable(const std::filesystem::path& path);

/// Sends rank 0's checkpoint to all ranks, so that only rank 0's disk needs to hold the run.
std::optional<Checkpoint> broadcast(std::optional<Checkpoint> checkpoint, const Communicator& ranks);

/// Reads the classes from the metadata. Throws std::exception for damaged text.
ClassTable classes_from_json(const std::string& text);

}  // namespace seg
