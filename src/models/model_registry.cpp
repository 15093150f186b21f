// The tables of architectures and backbones: only this file knows their names.
#include <array>
#include <memory>

#include "base/error.hpp"
#include "models/backbones/efficientnet_lite.hpp"
#include "models/backbones/resnet.hpp"
#include "models/ddrnet.hpp"
#include "models/deeplab.hpp"
#include "models/model.hpp"
#include "models/published_weights.hpp"

namespace seg {

namespace {

std::shared_ptr<Backbone> build_backbone(const ModelOptions& options);

template <class Type>
std::shared_ptr<Model> make(const ModelOptions& options, std::int64_t classes) {
  return std::make_shared<Type>(options, classes);
}

template <class Type>
std::shared_ptr<Model> make_on_backbone(const ModelOptions& options, std::int64_t classes) {
  return std::make_shared<Type>(build_backbone(options), options, classes);
}

struct Architecture {
  const char* name;
  std::shared_ptr<Model> (*build)(const ModelOptions& options, std::int64_t classes);
  bool has_backbone;
  const char* auxiliary_head;  // name prefix of its tensors
};

const std::array<Architecture, 3> kArchitectures = {{
    {"deeplabv3plus", make_on_backbone<DeepLabV3Plus>, true, "aux_classifier"},
    {"deeplabv3", make_on_backbone<DeepLabV3>, true, "aux_classifier"},
    {"ddrnet23_slim", make<DdrNet23Slim>, false, "seghead_extra"},
}};

template <ResNetShape published>
std::shared_ptr<Backbone> resnet(const ModelOptions& options) {
  ResNetShape shape = published;
  for (std::int64_t& channels : shape.channels) channels = rounded_channels(static_cast<double>(channels) * options.width);
  return std::make_shared<ResNetImpl>(shape, options.output_stride);
}

std::shared_ptr<Backbone> efficientnet_lite0(const ModelOptions& options) {
  return std::make_shared<EfficientNetLiteImpl>(options.width, options.output_stride);
}

struct BackboneRow {
  const char* name;
  std::shared_ptr<Backbone> (*build)(const ModelOptions& options);
};

const std::array<BackboneRow, 6> kBackbones = {{
    {"resnet18", resnet<ResNetShape{.bottleneck = false, .blocks = {2, 2, 2, 2}}>},
    {"resnet34", resnet<ResNetShape{.bottleneck = false, .blocks = {3, 4, 6, 3}}>},
    {"resnet50", resnet<ResNetShape{.bottleneck = true, .blocks = {3, 4, 6, 3}}>},
    {"resnet101", resnet<ResNetShape{.bottleneck = true, .blocks = {3, 4, 23, 3}}>},
    {"resnet18_published", resnet<ResNetShape{.bottleneck = true, .blocks = {2, 2, 2, 3}, .multi_grid = true}>},
    {"efficientnet_lite0", efficientnet_lite0},
}};

template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.emplace_back(entry.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

template <class Table>
const auto& find(const Table& table, const std::string& name, const std::string& key) {
  for (const auto& entry : table)
    if (entry.name == name) return entry;
  throw Error(ErrorKind::kConfiguration, key + ": '" + name + "' does not exist", "choose one of " + joined(names_of(table)));
}

const Architecture& architecture_of(const ModelOptions& options) { return find(kArchitectures, options.arch, "model.arch"); }

std::shared_ptr<Backbone> build_backbone(const ModelOptions& options) { return find(kBackbones, options.backbone, "model.backbone").build(options); }

/// For an architecture without a backbone: throws unless all options of the backbone have their defaults.
void check_no_backbone(const ModelOptions& options) {
  const ModelOptions defaults;
  const auto refuse = [&](const std::string& key, const std::string& value, const std::string& otherwise) {
    std::vector<std::string> others;
    for (const Architecture& entry : kArchitectures)
      if (entry.has_backbone) others.emplace_back(entry.name);
    throw Error(ErrorKind::kConfiguration,
                "model." + key + " is " + value + ", but model.arch " + options.arch + " has no backbone to choose or load",
                "remove model." + key + otherwise + ", or set model.arch to one of " + joined(others));
  };
  if (options.backbone != defaults.backbone) refuse("backbone", options.backbone, "");
  if (options.output_stride != defaults.output_stride) refuse("output_stride", std::to_string(options.output_stride), "");
  if (!options.aspp_rates.empty()) refuse("aspp_rates", "a list of " + std::to_string(options.aspp_rates.size()), "");
  if (!options.pretrained.empty()) refuse("pretrained", options.pretrained, " and set model.init_from to weights of the whole network");
}

}  // namespace

std::vector<std::string> architecture_names() { return names_of(kArchitectures); }
std::vector<std::string> backbone_names() { return names_of(kBackbones); }

void check_model(const ModelOptions& options) {
  const Architecture& architecture = architecture_of(options);
  find(kBackbones, options.backbone, "model.backbone");
  if (!architecture.has_backbone) check_no_backbone(options);
  if (options.output_stride != 8 && options.output_stride != 16)
    throw Error(ErrorKind::kConfiguration, "model.output_stride is " + std::to_string(options.output_stride), "set it to 8 or 16");
  if (!options.aspp_rates.empty() && options.aspp_rates.size() != 3)
    throw Error(ErrorKind::kConfiguration, "model.aspp_rates has " + std::to_string(options.aspp_rates.size()) + " values",
                "set three values, or none for the defaults of the output stride");
  if (!options.pretrained.empty() && !options.init_from.empty())
    throw Error(ErrorKind::kConfiguration, "model.pretrained and model.init_from are both set, but init_from would replace all weights of pretrained",
                "clear one of them, for example with --set model.pretrained=");
  if (options.pretrained != kImageNet) return;
  published_weights_of(options.backbone);
  if (options.width != 1.0)
    throw Error(ErrorKind::kConfiguration, "model.pretrained: imagenet works only with model.width 1",
                "set model.width: 1, or train from scratch with --set model.pretrained=");
}

std::shared_ptr<Model> build_model(const ModelOptions& options, std::int64_t classes) {
  check_model(options);
  return architecture_of(options).build(options, classes);
}

bool has_backbone(const ModelOptions& options) { return architecture_of(options).has_backbone; }
std::string auxiliary_head(const ModelOptions& options) { return architecture_of(options).auxiliary_head; }

std::string network_name(const ModelOptions& options) {
  return options.arch + (has_backbone(options) ? " " + options.backbone + " stride " + std::to_string(options.output_stride) : "");
}

void check_batch_norm(const ModelOptions& options, std::int64_t batch_size, std::int64_t height, std::int64_t width) {
  // All architectures pool each image to one pixel, so that there batch norm gets as many values per channel as the batch has images.
  if (batch_size >= 2) return;
  throw Error(ErrorKind::kConfiguration,
              "model.arch " + options.arch + " cannot train on a batch of " + std::to_string(batch_size) + " image of " + std::to_string(height) +
                  "x" + std::to_string(width) + ": after image pooling, batch norm would get only one value per channel",
              "set train.batch_size to 2 or more (train.accumulate does not help), with a smaller data.size if memory is short");
}

}  // namespace seg
