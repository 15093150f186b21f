// The options of the network: YAML block `model`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "core/network_input.hpp"

namespace seg {

std::vector<std::string> architecture_names();  // the registry of networks
std::vector<std::string> backbone_names();      // and that of backbones

/// The value of model.pretrained that means the published ImageNet weights of the backbone (published_weights.hpp) instead of a file.
inline constexpr const char* kImageNet = "imagenet";

enum class BatchNormScope { kLocal, kSynchronized };
inline constexpr config::Name<BatchNormScope> kBatchNormScopes[] = {{BatchNormScope::kLocal, "local"},
                                                                    {BatchNormScope::kSynchronized, "synchronized"}};

struct ModelOptions {
  std::string arch = "deeplabv3plus";
  std::string backbone = "resnet18";
  double width = 1.0;
  std::int64_t output_stride = 16;
  bool align_corners = false;
  std::vector<std::int64_t> aspp_rates;  // empty: by output stride
  double dropout = 0.5;
  BatchNormScope batch_norm = BatchNormScope::kLocal;
  bool auxiliary = false;
  double auxiliary_weight = 0.4;
  std::string pretrained;
  std::string init_from;
  std::vector<std::string> allow_mismatch;
  NetworkInput input;

  void fields(config::Visitor& v) {
    v.field("arch", arch, {.help = "architecture", .choices = architecture_names()});
    v.field("backbone", backbone,
            {.help = "feature extractor of architectures that stand on one; resnet18_published is the bottleneck variant of the recall-loss paper",
             .choices = backbone_names()});
    v.field(
        "width", width,
        {.help = "factor on the channels of every layer, each rounded to a multiple of 8; published weights fit 1 alone", .min = 0.0625, .max = 4});
    v.field("output_stride", output_stride,
            {.help = "image size over size of the backbone's last feature map, 8 or 16", .unit = "pixels", .min = 8, .max = 16});
    v.field("align_corners", align_corners, {.help = "bilinear up-sampling keeps the corner pixels' centres in place"});
    v.field("aspp_rates", aspp_rates,
            {.help = "dilations of the three atrous branches; empty: 6, 12, 18 at output stride 16, doubled at 8",
             .unit = "pixels",
             .min = 1,
             .max = 1024});
    v.choice("batch_norm", batch_norm, kBatchNormScopes,
             {.help = "with several processes: statistics of each part of the batch, averaged over them after the step, or of the whole batch"});
    v.field(
        "dropout", dropout,
        {.help = "share of dropped activations in the head; layers that usually drop less than this keep their own share", .min = 0, .max = 0.95});
    v.field("auxiliary", auxiliary, {.help = "train a second head on features from before the last stage"});
    v.field("auxiliary_weight", auxiliary_weight, {.help = "factor of the second head's loss", .min = 0, .max = 10});
    v.field(
        "pretrained", pretrained,
        {.help = "imagenet: the published weights of the backbone, downloaded once; else a safetensors or PyTorch file with weights of the backbone "
                 "(names of torchvision or timm); empty: from scratch",
         .path = true,
         .no_paths = {kImageNet}});
    v.field("init_from", init_from,
            {.help = "checkpoint or PyTorch file of the whole network to start from; its class layers are left out where the classes differ",
             .path = true});
    v.field("allow_mismatch", allow_mismatch,
            {.help = "name prefixes of tensors that may be missing, unexpected or of another shape when weights are loaded"});
    v.block("input", input, "from pixel values to what the network takes, in training and evaluation");
  }
};

}  // namespace seg
