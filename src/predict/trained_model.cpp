#include "predict/trained_model.hpp"

#include "models/weights.hpp"

namespace seg {

std::shared_ptr<Model> trained_model(ModelOptions options, std::int64_t classes, const std::filesystem::path& file, torch::Device device) {
  options.pretrained.clear();  // the initial weights of the run
  options.init_from.clear();
  auto model = build_model(options, classes);
  load_state_exact(*model, read_weights(file), file.string());
  model->to(device);
  model->eval();
  return model;
}

}  // namespace seg
