#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"
#include "data/dataset_registry.hpp"
#include "data/png_files.hpp"
#include "data/statistics.hpp"
#include "support/captured_log.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;
using test::write_image;
using test::write_labels;
using test::write_text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Datasets : testing::Test {
  DataOptions with(const std::string& dataset) const {
    DataOptions options;
    options.dataset = dataset;
    options.root = root().string();
    return options;
  }
  fs::path root() const { return folder / "set"; }

  void add_camvid(const std::string& split, const std::string& name, int label) const {
    write_image(root() / split / (name + ".png"), 2, 3);
    write_labels(root() / (split + "annot") / (name + ".png"), 2, 3, label);
  }
  void add_synthia(const std::string& base, const std::string& camera, const std::string& frame, int label) const {
    write_image(root() / base / "RGB" / camera / (frame + ".png"), 2, 3);
    test::write_synthia_labels(root() / base / "GT/LABELS" / camera / (frame + ".png"), 2, 3, label);
  }
  void add_sequence(const std::string& name, const std::vector<std::string>& cameras, int frames) const {
    for (const std::string& camera : cameras) {
      for (int i = 0; i < frames; ++i) add_synthia(name, camera, "0000" + std::to_string(10 + i), 3);
    }
  }

  static std::vector<std::string> ids(const DataOptions& options, const std::string& split) {
    const auto dataset = open_files(options, split);
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < dataset->size(); ++i) all.push_back(dataset->id(i));
    return all;
  }
  static int first_label(const DataOptions& options, const std::string& split) {
    return open_files(options, split)->get(0).labels.at<std::uint8_t>(0, 0);
  }
  static Error error_of(const DataOptions& options, const std::string& split) {
    try {
      const auto dataset = open_files(options, split);
      for (std::int64_t i = 0; i < dataset->size(); ++i) dataset->get(i);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorKind::kInternal, "no error"};
  }

  test::TemporaryFolder folder;
};

TEST_F(Datasets, CamvidPairsSplitFoldersInOrder) {
  for (const char* name : {"b", "a", "c d"}) add_camvid("val", name, 4);
  EXPECT_THAT(ids(with("camvid"), "val"), ElementsAre("val/a", "val/b", "val/c d"));
  EXPECT_EQ(first_label(with("camvid"), "val"), 4);
}

TEST_F(Datasets, GetGivesRgbImageAndLabelsOfOneSize) {
  add_camvid("train", "a", 4);
  const Sample sample = open_files(with("camvid"), "train")->get(0);
  EXPECT_EQ(sample.image.type(), CV_8UC3);
  EXPECT_EQ(sample.image.at<cv::Vec3b>(1, 2), cv::Vec3b(10, 20, 30));
  EXPECT_EQ(sample.labels.type(), CV_8UC1);
  EXPECT_EQ(sample.labels.size(), sample.image.size());
  EXPECT_EQ(sample.id, "train/a");
}

TEST_F(Datasets, VoidIsIgnoredOrTrained) {
  add_camvid("train", "a", 11);
  DataOptions options = with("camvid");
  EXPECT_EQ(first_label(options, "train"), kIgnoreLabel);
  options.void_label = VoidPixels::kTrain;
  EXPECT_EQ(first_label(options, "train"), 11);
  EXPECT_EQ(load_classes(options).size(), 12u);
}

TEST_F(Datasets, StoredIgnoreLabelStaysIgnored) {
  add_camvid("train", "a", 255);
  EXPECT_EQ(first_label(with("camvid"), "train"), kIgnoreLabel);
}

TEST_F(Datasets, UnknownLabelNamesFileValueAndCount) {
  add_camvid("train", "a", 200);
  const Error error = error_of(with("camvid"), "train");
  EXPECT_EQ(error.kind, ErrorKind::kData);
  EXPECT_THAT(error.what(), HasSubstr("trainannot/a.png: label values outside the class table: 200 (6 pixels)"));
}

TEST_F(Datasets, SizeMismatchNamesBothSizes) {
  add_camvid("train", "a", 1);
  write_labels(root() / "trainannot/a.png", 5, 7, 1);
  EXPECT_THAT(error_of(with("camvid"), "train").what(), HasSubstr("the labels are 5x7, the image is 2x3"));
}

TEST_F(Datasets, AllOrphansStandInOneMessage) {
  add_camvid("train", "a", 1);
  for (int i = 0; i < 12; ++i) write_image(root() / "train" / ("lone" + std::to_string(10 + i) + ".png"), 2, 3);
  write_labels(root() / "trainannot/left over.png", 2, 3, 1);
  const test::CapturedLog log;
  const Error error = error_of(with("camvid"), "train");
  EXPECT_EQ(error.kind, ErrorKind::kData);
  EXPECT_THAT(error.what(), HasSubstr("12 images without labels (train/lone10.png, "));
  EXPECT_THAT(error.what(), HasSubstr("train/lone19.png and 2 more)"));
  EXPECT_THAT(log.text(), AllOf(HasSubstr("image without labels: train/lone20.png"), HasSubstr("lone21.png"), Not(HasSubstr("lone19.png"))));
  EXPECT_THAT(error.what(), HasSubstr("1 labels without images (trainannot/left over.png)"));
}

TEST_F(Datasets, MissingFolderSaysHowToGetTheData) {
  for (const std::string& name : dataset_names()) {
    DataOptions options = with(name);
    options.classes = test::repository_file("data/camvid.yaml").string();
    const Error error = error_of(options, "train");
    EXPECT_EQ(error.kind, ErrorKind::kData) << name;
    EXPECT_THAT(error.what(), HasSubstr(root().string())) << name;
    EXPECT_THAT(error.hint, HasSubstr("data/README.md")) << name;
    EXPECT_THAT(error.hint, HasSubstr("segdata generate --layout " + name));
  }
}

TEST_F(Datasets, EmptyRootIsADataError) {
  DataOptions options = with("camvid");
  options.root.clear();
  EXPECT_EQ(error_of(options, "train").kind, ErrorKind::kData);
}

TEST_F(Datasets, EmptySplitIsADataError) {
  fs::create_directories(root() / "train");
  fs::create_directories(root() / "trainannot");
  EXPECT_THAT(error_of(with("camvid"), "train").what(), HasSubstr("'train' has no images"));
}

TEST_F(Datasets, OddNamesAndLinkLoopsAreNoTrouble) {
  const std::string odd = "it's \"K\xC3\xB6ln\" $1";
  add_camvid("train", odd + "/a b", 1);
  fs::create_directory_symlink(root() / "train", root() / "train" / odd / "loop");
  fs::create_symlink("nowhere", root() / "train" / "self");
  EXPECT_THAT(ids(with("camvid"), "train"), ElementsAre("train/" + odd + "/a b"));
}

TEST_F(Datasets, SynthiaReadsTheRedOf16BitLabels) {
  add_sequence("SYNTHIA-SEQS-05-SUMMER", {"Stereo_Left/Omni_F"}, 10);
  EXPECT_EQ(first_label(with("synthia_seqs"), "train"), 2);
  DataOptions published = with("synthia_seqs");
  published.void_label = VoidPixels::kTrain;
  EXPECT_EQ(first_label(published, "train"), 3);
}

TEST_F(Datasets, SynthiaBlocksHoldTheSameFramesForAllCameras) {
  add_sequence("SYNTHIA-SEQS-05-SUMMER", {"Stereo_Left/Omni_F", "Stereo_Left/Omni_B", "Stereo_Right/Omni_F"}, 20);
  DataOptions options = with("synthia_seqs");
  EXPECT_EQ(ids(options, "train").size(), 3u * 13u);
  EXPECT_THAT(ids(options, "val"),
              ElementsAre("SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Left/Omni_B/000024", "SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Left/Omni_B/000025",
                          "SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Left/Omni_F/000024", "SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Left/Omni_F/000025",
                          "SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Right/Omni_F/000024", "SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Right/Omni_F/000025"));
  EXPECT_EQ(ids(options, "test").size(), 3u * 3u);
}

TEST_F(Datasets, SynthiaTakesChosenSidesCamerasAndSequences) {
  add_sequence("A", {"Stereo_Left/Omni_F", "Stereo_Right/Omni_F"}, 10);
  add_sequence("B", {"Stereo_Left/Omni_F", "Stereo_Left/Omni_B"}, 10);
  DataOptions options = with("synthia_seqs");
  options.synthia_seqs.sequences = {"B"};
  options.synthia_seqs.sides = {"Stereo_Left"};
  options.synthia_seqs.cameras = {"Omni_F"};
  EXPECT_THAT(ids(options, "val"), ElementsAre("B/RGB/Stereo_Left/Omni_F/000017"));
  options.synthia_seqs.cameras = {"Omni_L"};
  EXPECT_EQ(error_of(options, "val").kind, ErrorKind::kData);
}

TEST_F(Datasets, SynthiaPublishedSplitCoversAllImagesOnce) {
  add_sequence("SYNTHIA-SEQS-05-SUMMER", {"Stereo_Left/Omni_F"}, 20);
  DataOptions options = with("synthia_seqs");
  options.synthia_seqs.split = SequenceSplit::kPublished;
  std::set<std::string> all;
  for (const std::string& split : split_names(options)) {
    for (const std::string& id : ids(options, split)) EXPECT_TRUE(all.insert(id).second) << id;
  }
  EXPECT_EQ(all.size(), 20u);
  EXPECT_EQ(ids(options, "train").size(), 14u);
}

TEST_F(Datasets, SynthiaRandMapsToCityscapesClasses) {
  for (int i = 0; i < 10; ++i) add_synthia("", "", "000000" + std::to_string(i), 19);  // bus
  DataOptions options = with("synthia_rand");
  EXPECT_EQ(first_label(options, "train"), 13);
  options.synthia_rand.classes = 19;
  EXPECT_EQ(first_label(options, "train"), 15);
  EXPECT_EQ(load_classes(options)[15].name, "bus");
  EXPECT_EQ(ids(options, "test").size(), 2u);
}

TEST_F(Datasets, CityscapesReadsIdsOrTrainIds) {
  const fs::path city = fs::path("train") / "ulm";
  write_image(root() / "leftImg8bit" / city / "ulm_0_leftImg8bit.png", 2, 3);
  write_labels(root() / "gtFine" / city / "ulm_0_gtFine_labelIds.png", 2, 3, 26);
  write_labels(root() / "gtFine" / city / "ulm_0_gtFine_labelTrainIds.png", 2, 3, 18);
  write_labels(root() / "gtFine" / city / "ulm_0_gtFine_instanceIds.png", 2, 3, 99);
  DataOptions options = with("cityscapes");
  EXPECT_THAT(ids(options, "train"), ElementsAre("leftImg8bit/train/ulm/ulm_0_leftImg8bit"));
  EXPECT_EQ(first_label(options, "train"), 13);
  options.cityscapes.labels = CityscapesLabels::kLabelTrainIds;
  EXPECT_EQ(first_label(options, "train"), 18);
}

TEST_F(Datasets, CityscapesTrainsVoidAsClass19) {
  write_image(root() / "leftImg8bit/val/ulm/ulm_0_leftImg8bit.png", 2, 3);
  write_labels(root() / "gtFine/val/ulm/ulm_0_gtFine_labelIds.png", 2, 3, 4);
  write_labels(root() / "gtFine/val/ulm/ulm_0_gtFine_labelTrainIds.png", 2, 3, 255);
  DataOptions options = with("cityscapes");
  options.void_label = VoidPixels::kTrain;
  EXPECT_EQ(first_label(options, "val"), 19);
  options.cityscapes.labels = CityscapesLabels::kLabelTrainIds;
  EXPECT_EQ(first_label(options, "val"), 19);
}

struct Folder : Datasets {
  Folder() {
    write_text(folder / "classes.yaml",
               "classes:\n- {name: cat, id: 7, color: [255, 0, 0]}\n- {name: dog, id: 2, color: [0, 255, 0]}\n"
               "void: [{name: border, id: 255, color: [9, 9, 9]}]\n");
    options = with("folder");
    options.classes = (folder / "classes.yaml").string();
  }
  fs::path image(const std::string& name) const { return root() / "images" / name; }
  fs::path labels(const std::string& name) const { return root() / "labels" / name; }

  DataOptions options;
};

TEST_F(Folder, PairsSubFoldersByStem) {
  write_image(image("train/x/a.png"), 2, 3);
  write_labels(labels("train/x/a.png"), 2, 3, 2);
  EXPECT_THAT(ids(options, "train"), ElementsAre("images/train/x/a"));
  EXPECT_EQ(first_label(options, "train"), 1);
  EXPECT_THAT(split_names(options), ElementsAre("train"));
}

TEST_F(Folder, PairsBySuffix) {
  options.folder.image_suffix = "_rgb.png";
  options.folder.label_suffix = "_mask.png";
  write_image(image("train/a_rgb.png"), 2, 3);
  write_labels(labels("train/a_mask.png"), 2, 3, 7);
  EXPECT_EQ(first_label(options, "train"), 0);
}

TEST_F(Folder, TakesTheImagesOfListFiles) {
  for (const char* name : {"a.png", "b.png", "c.png"}) {
    write_image(image(name), 2, 3);
    write_labels(labels(name), 2, 3, 2);
  }
  write_text(root() / "train.txt", "c\n\na.png\r\n");
  options.folder.split = FolderSplit::kLists;
  EXPECT_THAT(ids(options, "train"), ElementsAre("images/a", "images/c"));
  EXPECT_THAT(split_names(options), ElementsAre("train"));
}

TEST_F(Folder, NamesListedImagesThatAreMissing) {
  write_image(image("a.png"), 2, 3);
  write_labels(labels("a.png"), 2, 3, 2);
  write_text(root() / "val.txt", "a\nzebra\n");
  options.folder.split = FolderSplit::kLists;
  EXPECT_THAT(error_of(options, "val").what(), HasSubstr("1 names without an image (zebra)"));
}

TEST_F(Folder, ReadsPaletteIndicesAsIds) {
  write_image(image("train/a.png"), 2, 3);
  test::Palette palette(8, {0, 0, 0});
  test::write_png(labels("train/a.png"), cv::Mat(2, 3, CV_8UC1, cv::Scalar(7)), {.color_type = SPNG_COLOR_TYPE_INDEXED, .palette = palette});
  EXPECT_EQ(first_label(options, "train"), 0);
}

TEST_F(Folder, ReadsColorsOfPalettesAndPixels) {
  write_image(image("train/a.png"), 2, 3);
  test::write_png(labels("train/a.png"), cv::Mat(2, 3, CV_8UC1, cv::Scalar(0)),
                  {.bit_depth = 1, .color_type = SPNG_COLOR_TYPE_INDEXED, .palette = {{0, 255, 0}}});
  options.folder.encoding = FolderEncoding::kPalette;
  EXPECT_EQ(first_label(options, "train"), 1);
  test::write_png(labels("train/a.png"), cv::Mat(2, 3, CV_8UC3, cv::Scalar(9, 9, 9)), {.color_type = SPNG_COLOR_TYPE_TRUECOLOR});
  options.folder.encoding = FolderEncoding::kRgb;
  EXPECT_EQ(first_label(options, "train"), kIgnoreLabel);
}

TEST_F(Folder, NamesUnknownColors) {
  write_image(image("train/a.png"), 2, 3);
  test::write_png(labels("train/a.png"), cv::Mat(2, 3, CV_8UC3, cv::Scalar(1, 2, 3)), {.color_type = SPNG_COLOR_TYPE_TRUECOLOR});
  options.folder.encoding = FolderEncoding::kRgb;
  EXPECT_THAT(error_of(options, "train").what(), HasSubstr("[1, 2, 3] (6 pixels)"));
}

TEST_F(Folder, RefusesLabelsOfAnotherEncoding) {
  write_image(image("train/a.png"), 2, 3);
  write_image(labels("train/a.png"), 2, 3);
  EXPECT_THAT(error_of(options, "train").what(), HasSubstr("3 channels"));
  write_labels(labels("train/a.png"), 2, 3, 2);
  options.folder.encoding = FolderEncoding::kRgb;
  EXPECT_THAT(error_of(options, "train").what(), HasSubstr("is grey"));
}

TEST_F(Folder, NeedsAClassTable) {
  options.classes.clear();
  EXPECT_EQ(error_of(options, "train").kind, ErrorKind::kConfiguration);
}

TEST_F(Folder, RefusesTwoImagesOfOneName) {
  write_image(image("train/a.png"), 2, 3);
  write_image(image("train/a.jpg"), 2, 3);
  EXPECT_THAT(error_of(options, "train").what(), HasSubstr("two files have the same name"));
}

TEST(Camvid, HasThePublishedCountsAndClassShares) {
  DataOptions options;
  options.dataset = "camvid";
  options.root = test::repository_file("../shared/camvid").string();
  if (!fs::exists(options.root)) GTEST_SKIP() << "the CamVid images are not here: " << options.root;
  const auto train = open_files(options, "train");
  EXPECT_EQ(train->size(), 367);
  EXPECT_EQ(open_files(options, "val")->size(), 101);
  EXPECT_EQ(open_files(options, "test")->size(), 233);
  const Sample sample = train->get(0);
  EXPECT_EQ(sample.image.size(), cv::Size(480, 360));
  const ClassStatistics statistics = compute_statistics(*train, options);
  const double all = 367.0 * 360.0 * 480.0;
  const std::vector<double> percent = {16.85, 23.26, 0.98, 31.66, 4.49, 9.72, 1.17, 1.13, 5.87, 0.64, 0.29};
  for (std::size_t c = 0; c < percent.size(); ++c) EXPECT_NEAR(100.0 * static_cast<double>(statistics.pixels[c]) / all, percent[c], 0.005) << c;
  EXPECT_NEAR(100.0 * static_cast<double>(statistics.ignored_pixels) / all, 3.95, 0.005);
}

}  // namespace
}  // namespace seg
