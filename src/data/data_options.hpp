// The `data` block: which images to read, how to read them, and what to do with broken files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg {

std::vector<std::string> dataset_names();  // data/dataset_registry.hpp

enum class SequenceSplit { kBlocked, kPublished };
enum class CityscapesLabels { kLabelIds, kLabelTrainIds };
enum class FolderSplit { kFolders, kLists };
enum class FolderEncoding { kIndex, kPalette, kRgb };
enum class VoidPixels { kIgnore, kTrain };
enum class OnError { kStop, kSkip };
enum class CacheKind { kNone, kMemory, kDisk };
enum class Sampling { kUniform, kRareClass };

inline constexpr config::Name<SequenceSplit> kSequenceSplits[] = {{SequenceSplit::kBlocked, "blocked"}, {SequenceSplit::kPublished, "published"}};
inline constexpr config::Name<CityscapesLabels> kCityscapesLabels[] = {{CityscapesLabels::kLabelIds, "labelIds"},
                                                                       {CityscapesLabels::kLabelTrainIds, "labelTrainIds"}};
inline constexpr config::Name<FolderSplit> kFolderSplits[] = {{FolderSplit::kFolders, "folders"}, {FolderSplit::kLists, "lists"}};
inline constexpr config::Name<FolderEncoding> kFolderEncodings[] = {
    {FolderEncoding::kIndex, "index"}, {FolderEncoding::kPalette, "palette"}, {FolderEncoding::kRgb, "rgb"}};
inline constexpr config::Name<VoidPixels> kVoidPixels[] = {{VoidPixels::kIgnore, "ignore"}, {VoidPixels::kTrain, "train"}};
inline constexpr config::Name<OnError> kOnErrors[] = {{OnError::kStop, "stop"}, {OnError::kSkip, "skip"}};
inline constexpr config::Name<CacheKind> kCacheKinds[] = {{CacheKind::kNone, "none"}, {CacheKind::kMemory, "memory"}, {CacheKind::kDisk, "disk"}};
inline constexpr config::Name<Sampling> kSamplings[] = {{Sampling::kUniform, "uniform"}, {Sampling::kRareClass, "rare_class"}};

struct SynthiaSeqsOptions {
  std::vector<std::string> sequences = {"SYNTHIA-SEQS-05-SUMMER"};
  std::vector<std::string> sides;    // empty: all that exist
  std::vector<std::string> cameras;  // empty: all that exist
  SequenceSplit split = SequenceSplit::kBlocked;
  std::int64_t gap = 10;
  std::int64_t seed = 1337;

  void fields(config::Visitor& v) {
    v.field("sequences", sequences, {.help = "folders under data.root"});
    v.field("sides", sides, {.help = "sides of the stereo rig; empty: all that exist", .choices = {"Stereo_Left", "Stereo_Right"}});
    v.field("cameras", cameras, {.help = "cameras; empty: all that exist", .choices = {"Omni_F", "Omni_B", "Omni_L", "Omni_R"}});
    v.choice("split", split, kSequenceSplits,
             {.help = "blocked: train, val, test are 70/10/20 % in temporal order; published: a random 70/10/20 % of all images"});
    v.field("gap", gap,
            {.help = "frames left out between two blocks, at most a twentieth of the sequence", .unit = "frames", .min = 0, .max = 10000});
    v.field("seed", seed, {.help = "random seed of the published split", .min = 0});
  }
};

struct SynthiaRandOptions {
  std::int64_t classes = 16;
  std::int64_t seed = 1337;

  void fields(config::Visitor& v) {
    v.field("classes", classes, {.help = "16 or 19 of the Cityscapes classes", .min = 16, .max = 19});
    v.field("seed", seed, {.help = "random seed of the 70/10/20 split", .min = 0});
  }
};

struct CityscapesOptions {
  CityscapesLabels labels = CityscapesLabels::kLabelIds;

  void fields(config::Visitor& v) { v.choice("labels", labels, kCityscapesLabels, {.help = "which label files to read: *_gtFine_<this>.png"}); }
};

struct FolderOptions {
  std::string images = "images";
  std::string labels = "labels";
  FolderSplit split = FolderSplit::kFolders;
  std::string train = "train";
  std::string val = "val";
  std::string test = "test";
  FolderEncoding encoding = FolderEncoding::kIndex;
  std::string image_suffix;
  std::string label_suffix;

  void fields(config::Visitor& v) {
    v.field("images", images, {.help = "folder of the images under data.root"});
    v.field("labels", labels, {.help = "folder of the label PNGs under data.root, with the same sub-folders"});
    v.choice("split", split, kFolderSplits,
             {.help = "folders: one sub-folder per split in images and labels; lists: one text file per split under data.root, one image per line"});
    v.field("train", train, {.help = "sub-folder or list file (with or without .txt)"});
    v.field("val", val, {.help = "sub-folder or list file (with or without .txt)"});
    v.field("test", test, {.help = "sub-folder or list file (with or without .txt); not needed for training"});
    v.choice("encoding", encoding, kFolderEncodings,
             {.help = "index: grey values or palette indices are the ids of the class table; palette, rgb: colours, in a palette or in each pixel"});
    v.field("image_suffix", image_suffix,
            {.help = "end of the image names, with extension; the rest of the name pairs images and labels; empty: any image extension"});
    v.field("label_suffix", label_suffix, {.help = "end of the label names, with extension; see image_suffix"});
  }
};

struct DataOptions {
  std::string dataset = "synthia_seqs";
  std::string root;
  std::string classes;
  Size size = {384, 768};
  VoidPixels void_label = VoidPixels::kIgnore;
  Sampling sampling = Sampling::kUniform;
  double rare_class_temperature = 0.01;
  double rare_class_share = 3000.0 / (512 * 512);
  std::int64_t max_pixels = 50'000'000;
  OnError on_error = OnError::kStop;
  std::int64_t skip_budget = 100;
  std::int64_t workers = 0;
  std::int64_t prefetch = 2;
  double timeout_s = 600.0;
  CacheKind cache = CacheKind::kNone;
  double cache_gb = 8.0;
  std::string cache_dir;
  SynthiaSeqsOptions synthia_seqs;
  SynthiaRandOptions synthia_rand;
  CityscapesOptions cityscapes;
  FolderOptions folder;

  bool train_void() const { return void_label == VoidPixels::kTrain; }
  bool skip_broken() const { return on_error == OnError::kSkip; }

  void fields(config::Visitor& v) {
    v.field("dataset", dataset, {.help = "layout of the data set", .choices = dataset_names()});
    v.field("root", root, {.help = "folder of the data set", .harmless = true, .path = true});
    v.field("classes", classes, {.help = "class table in YAML; empty: that of the data set; required for folder", .path = true});
    v.field("size", size, {.help = "size of the network's input in training", .unit = "pixels", .min = 16, .max = 16384});
    v.choice("void", void_label, kVoidPixels, {.help = "pixels of void classes: ignored, or trained as separate classes"});
    v.choice("sampling", sampling, kSamplings,
             {.help = "uniform: every training image once per epoch; rare_class: as many images, drawn so that rare classes occur more often"});
    v.field("rare_class_temperature", rare_class_temperature,
            {.help = "temperature of the softmax that draws a class; small: mostly the rarest class, large: all equally", .min = 1e-6, .max = 1e6});
    v.field("rare_class_share", rare_class_share,
            {.help = "fraction of a crop's pixels that the drawn class needs; crops with less are drawn again, at most ten times",
             .min = 0.0,
             .max = 1.0});
    v.field("max_pixels", max_pixels, {.help = "larger images are refused before decoding", .unit = "pixels", .min = 1, .max = 2e9});
    v.choice("on_error", on_error, kOnErrors, {.help = "broken files: stop ends the run, skip lists them and leaves them out", .harmless = true});
    v.field("skip_budget", skip_budget, {.help = "maximum number of broken files; more end the run", .unit = "files", .min = 0, .harmless = true});
    v.field("workers", workers, {.help = "decoding threads; 0: one per core", .min = 0, .max = 1024, .harmless = true});
    v.field("prefetch", prefetch, {.help = "maximum number of batches decoded ahead", .unit = "batches", .min = 1, .max = 1024, .harmless = true});
    v.field("timeout_s", timeout_s,
            {.help = "a file that takes longer to read ends the run with an error that names it; 0: no limit",
             .unit = "seconds",
             .min = 0.0,
             .max = 1e6,
             .harmless = true});
    v.choice("cache", cache, kCacheKinds,
             {.help = "where decoded frames are cached, at data.size unless training crops; does not change results", .harmless = true});
    v.field("cache_gb", cache_gb,
            {.help = "maximum size of the cache; other frames are decoded every time", .unit = "GB", .min = 0.0, .max = 1e4, .harmless = true});
    v.field("cache_dir", cache_dir, {.help = "folder of the disk cache; empty: a folder in the user's cache folder", .harmless = true, .path = true});
    v.block("synthia_seqs", synthia_seqs, "SYNTHIA video sequences");
    v.block("synthia_rand", synthia_rand, "SYNTHIA-RAND-CITYSCAPES");
    v.block("cityscapes", cityscapes, "Cityscapes");
    v.block("folder", folder, "your own images and label PNGs, paired by name");
  }
};

}  // namespace seg
