// Checkpoints: weights and everything a run needs to go on, as one safetensors file.
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
  std::string scores;    // JSON of the validation that belongs to these weights; empty if there is none
  std::string versions;  // what computed it
  std::vector<std::int64_t>
      class_pixels;            // [K] pixels of each class that training saw, with rare_class those of the labels; empty in files of older versions
  std::int64_t processes = 1;  // that trained together
  State tensors;               // on the CPU
};

/// Writes completely or not at all. Throws kStorage.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
/// Checks structure and digest first. Throws kStorage naming the file and the defect.
Checkpoint load_checkpoint(const std::filesystem::path& path);
/// The same without the tensors, which stay in the file.
Checkpoint load_checkpoint_metadata(const std::filesystem::path& path);
/// load_checkpoint for a run to go on from. Throws kStorage also for weights alone, such as best.safetensors.
Checkpoint load_resumable(const std::filesystem::path& path);

/// Rank 0's checkpoint, on all ranks: only its disk needs to hold the run.
std::optional<Checkpoint> broadcast(std::optional<Checkpoint> checkpoint, const Communicator& ranks);

/// The classes as they stand in the metadata. Throws std::exception for damaged text.
ClassTable classes_from_json(const std::string& text);

}  // namespace seg
