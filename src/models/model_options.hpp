// The options of the network: YAML block `model`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "core/network_input.hpp"

namespace seg {

std::vector<std::string> architecture_names();  // the registry of networks
std::vector<std::string> backbone_names();      // the registry of backbones

/// The value of model.pretrained for the published ImageNet weights of the backbone (published_weights.hpp) instead of a file.
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
  std::vector<std::int64_t> aspp_rates;  // empty: depends on the output stride
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
            {.help = "backbone of DeepLab; resnet18_published is the bottleneck variant of the recall-loss paper", .choices = backbone_names()});
    v.field("width", width,
            {.help = "factor on the channels of every layer, rounded to a multiple of 8; published weights fit only 1", .min = 0.0625, .max = 4});
    v.field("output_stride", output_stride,
            {.help = "image size over size of the backbone's last feature map, 8 or 16", .unit = "pixels", .min = 8, .max = 16});
    v.field("align_corners", align_corners, {.help = "bilinear up-sampling aligns the centres of the corner pixels"});
    v.field("aspp_rates", aspp_rates,
            {.help = "dilations of the three atrous branches; empty: 6, 12, 18 at output stride 16, doubled at 8",
             .unit = "pixels",
             .min = 1,
             .max = 1024});
    v.choice("batch_norm", batch_norm, kBatchNormScopes,
             {.help = "with several processes: statistics of each process's part of the batch, averaged after the step, or of the whole batch"});
    v.field("dropout", dropout, {.help = "dropout rate in the head; layers with a smaller usual rate keep that", .min = 0, .max = 0.95});
    v.field("auxiliary", auxiliary, {.help = "train an auxiliary head on the features before the last stage"});
    v.field("auxiliary_weight", auxiliary_weight, {.help = "factor of the auxiliary head's loss", .min = 0, .max = 10});
    v.field(
        "pretrained", pretrained,
        {.help = "imagenet: the published weights of the backbone, downloaded once; or a safetensors or PyTorch file with weights of the backbone "
                 "(names of torchvision or timm); empty: from scratch",
         .path = true,
         .no_paths = {kImageNet}});
    v.field(
        "init_from", init_from,
        {.help = "checkpoint or PyTorch file of the whole network to start from; class layers are not loaded if the classes differ", .path = true});
    v.field("allow_mismatch", allow_mismatch,
            {.help = "name prefixes of tensors that may be missing, unexpected or of another shape when weights are loaded"});
    v.block("input", input, "normalisation of pixel values for the network, in training and evaluation");
  }
};

}  // namespace seg
