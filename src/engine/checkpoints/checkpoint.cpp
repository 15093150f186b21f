#include "engine/checkpoints/checkpoint.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "core/state.hpp"
#include "core/tensor_io.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

namespace {

using Json = nlohmann::json;

constexpr const char* kFormatFamily = "segtrain-";
constexpr const char* kFormat = "segtrain-2";

Json to_json(const ClassTable& classes) {
  Json list = Json::array();
  for (const ClassInfo& info : classes) list.push_back({{"name", info.name}, {"id", info.file_id}, {"color", info.color}});
  return list;
}

/// Refuses a folder. The hint names the file in it, or in its checkpoints/, that the user probably meant.
void refuse_folder(const std::filesystem::path& path, const char* meant) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return;
  for (const auto& file : {path / "checkpoints" / meant, path / meant})
    if (std::filesystem::exists(file, ignored))
      throw Error(ErrorKind::kStorage, path.string() + " is a folder, not a checkpoint", "did you mean " + file.string() + "?");
  throw Error(ErrorKind::kStorage, path.string() + " is a folder without checkpoints", "give a file, such as RUN/checkpoints/" + std::string(meant));
}

Error no_checkpoint(const std::string& what) {
  return {ErrorKind::kStorage, what + " is not a checkpoint of segtrain",
          "use model.pretrained or model.init_from for other weights; --checkpoint and --resume need a file from RUN/checkpoints"};
}

SafetensorsFile open_checkpoint(const std::filesystem::path& path) {
  if (is_pytorch_file(path)) throw no_checkpoint(path.string() + ", a PyTorch file,");
  return SafetensorsFile(path);
}

using Metadata = std::map<std::string, std::string>;

Metadata to_metadata(const Checkpoint& checkpoint) {
  Metadata metadata{{"format", kFormat},
                    {"config", checkpoint.config},
                    {"classes", to_json(checkpoint.classes).dump()},
                    {"iteration", std::to_string(checkpoint.iteration)},
                    {"scores", checkpoint.scores},
                    {"versions", checkpoint.versions},
                    {"processes", std::to_string(checkpoint.processes)},
                    {"class_pixels", Json(checkpoint.class_pixels).dump()}};
  if (checkpoint.best) metadata["best"] = Json{{"score", checkpoint.best->score}, {"iteration", checkpoint.best->iteration}}.dump();
  return metadata;
}

/// Everything except the tensors. Throws std::exception for damaged text.
Checkpoint from_metadata(const Metadata& metadata) {
  Checkpoint checkpoint;
  checkpoint.config = metadata.at("config");
  checkpoint.classes = classes_from_json(metadata.at("classes"));
  checkpoint.iteration = std::stoll(metadata.at("iteration"));
  checkpoint.scores = metadata.at("scores");
  checkpoint.versions = metadata.at("versions");
  if (metadata.contains("class_pixels")) checkpoint.class_pixels = Json::parse(metadata.at("class_pixels")).get<std::vector<std::int64_t>>();
  if (metadata.contains("processes")) checkpoint.processes = std::stoll(metadata.at("processes"));
  if (metadata.contains("best")) {
    const Json best = Json::parse(metadata.at("best"));
    checkpoint.best = BestScore{best.at("score").get<double>(), best.at("iteration").get<std::int64_t>()};
  }
  return checkpoint;
}

/// Everything except the tensors, from a file whose digest is correct.
Checkpoint checked_metadata(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const std::string name = file.path().string();
  const auto format = metadata.find("format");
  if (format != metadata.end() && format->second.starts_with(kFormatFamily) && format->second != kFormat)
    throw Error(ErrorKind::kStorage, name + " has the checkpoint format " + format->second + ", but this version reads " + kFormat,
                "use the version of segtrain that wrote it");
  if (format == metadata.end() || format->second != kFormat) throw no_checkpoint(name);
  file.verify_digest();
  try {
    return from_metadata(metadata);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kStorage, name + ": the checkpoint's metadata is damaged: " + error.what(), "use another checkpoint of the run");
  }
}

}  // namespace

ClassTable classes_from_json(const std::string& text) {
  ClassTable classes;
  for (const Json& entry : Json::parse(text))
    classes.push_back(
        {entry.at("name").get<std::string>(), entry.at("color").get<std::array<std::uint8_t, 3>>(), entry.at("id").get<std::int64_t>()});
  return classes;
}

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  const State host = to_host(checkpoint.tensors);
  write_safetensors(path, tensor_views(host), to_metadata(checkpoint));
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const SafetensorsFile file = open_checkpoint(path);
  Checkpoint checkpoint = checked_metadata(file);
  checkpoint.tensors = read_tensors(file);
  return checkpoint;
}

Checkpoint load_checkpoint_metadata(const std::filesystem::path& path) {
  refuse_folder(path, "best.safetensors");
  return checked_metadata(open_checkpoint(path));
}

Checkpoint load_resumable(const std::filesystem::path& path) {
  refuse_folder(path, "last.safetensors");
  Checkpoint checkpoint = load_checkpoint(path);
  if (without_prefix(checkpoint.tensors, "optimizer.").empty())
    throw Error(ErrorKind::kStorage, path.string() + " holds only weights and cannot be resumed",
                "use RUN/checkpoints/last.safetensors, or model.init_from to start a new run from these weights");
  return checkpoint;
}

std::optional<Checkpoint> broadcast(std::optional<Checkpoint> checkpoint, const Communicator& ranks) {
  if (!ranks.several()) return checkpoint;
  Json header;
  if (checkpoint) {
    checkpoint->tensors = to_host(checkpoint->tensors);
    header["metadata"] = to_metadata(*checkpoint);
    for (const auto& [name, tensor] : checkpoint->tensors)
      header["tensors"].push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
  }
  header = Json::parse(ranks.broadcast(header.dump()));
  if (header.is_null()) return std::nullopt;
  if (!ranks.is_first()) {
    checkpoint = from_metadata(header["metadata"].get<Metadata>());
    for (const Json& tensor : header["tensors"])
      checkpoint->tensors[tensor[0].get<std::string>()] =
          torch::empty(tensor[2].get<std::vector<std::int64_t>>(), static_cast<torch::ScalarType>(tensor[1].get<int>()));
  }
  for (const auto& [name, tensor] : checkpoint->tensors)
    if (tensor.numel() > 0) ranks.broadcast(torch::from_blob(tensor.data_ptr(), {static_cast<std::int64_t>(tensor.nbytes())}, torch::kUInt8));
  return checkpoint;
}

}  // namespace seg
