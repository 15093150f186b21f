#include "engine/run_config.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/document.hpp"

namespace seg {

namespace {

fs::path find_config(const fs::path& file) {
  if (fs::exists(file)) return file;
  fs::path shipped = find_shipped(fs::path("configs") / file);
  if (file.is_relative() && !shipped.empty()) return shipped;
  throw Error(ErrorKind::kConfiguration, "no configuration file " + file.string(),
              "give a path, or the name of a shipped recipe such as synthia_recall.yaml or camvid_ce.yaml");
}

}  // namespace

void RunConfig::fields(config::Visitor& v) {
  v.field("name", name, {.help = "of the run; its folder is runs/NAME unless --run-dir says else"});
  v.block("data", data, "which images and labels");
  v.block("augment", augment, "how training samples are varied, and normalisation");
  v.block("model", model, "the network");
  v.block("loss", loss, "what is minimised");
  v.block("optimizer", optimizer, "how weights are updated");
  v.block("schedule", schedule, "how the learning rate changes");
  v.block("train", train, "how long, how exactly, how safely");
  v.block("eval", eval, "validation and segeval");
}

RunConfig load_run_config(const fs::path& file, const std::vector<std::string>& overrides) {
  RunConfig config;
  config::Document::from_file(find_config(file), overrides).read_into(config);
  return config;
}

RunConfig parse_run_config(const std::string& text, const std::string& source, const std::vector<std::string>& overrides) {
  RunConfig config;
  config::Document::from_text(text, source, overrides).read_into(config);
  return config;
}

RunConfig with_data_of(RunConfig config, const fs::path& file, const std::vector<std::string>& overrides) {
  const Size size = config.data.size;
  config.data = load_run_config(file, overrides).data;
  config.data.size = size;
  return config;
}

}  // namespace seg
