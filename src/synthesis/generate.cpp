#include "synthesis/generate.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <set>

#include "base/files.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "synthesis/layouts.hpp"

namespace seg {

namespace {

using synthesis::FilePlan;
using synthesis::Layout;

void check(const GenerateOptions& o) {
  const auto fail = [](const std::string& what, const std::string& hint) { throw Error(ErrorKind::kConfiguration, what, hint); };
  constexpr std::int64_t kMost = 1'000'000;
  if (o.count < 1 || o.count > kMost) fail("count " + std::to_string(o.count) + " is not in 1 .. " + std::to_string(kMost), "try 200");
  for (const std::int64_t side : {o.size.height, o.size.width}) {
    if (side < 32 || side > 8192) fail("size " + to_string(o.size) + " has a side outside 32 .. 8192", "the size is HEIGHTxWIDTH, such as 380x640");
  }
  if (o.output.empty()) fail("no output folder is given", "give a folder that does not exist yet");
  std::error_code ignored;
  if (fs::exists(o.output, ignored) && !fs::is_empty(o.output, ignored)) {
    fail("the output folder " + o.output.string() + " is not empty", "remove it or use another one, so that old and new images do not mix");
  }
}

/// Low compression, because noise hardly compresses and speed matters.
void write_png(const fs::path& path, const cv::Mat& pixels) {
  bool written = false;
  std::string reason;
  try {
    written = cv::imwrite(path.string(), pixels, {cv::IMWRITE_PNG_COMPRESSION, 1});
  } catch (const cv::Exception& e) {
    reason = ": " + e.err;
  }
  if (!written) throw Error(ErrorKind::kStorage, "cannot write " + path.string() + reason, "check the free space and the permissions of the folder");
}

void write_one(const Layout& layout, const GenerateOptions& o, std::int64_t index) {
  const std::int64_t world = index / layout.frames_a_world;
  const auto moment = static_cast<double>(index % layout.frames_a_world);
  constexpr std::uint64_t kSensor = 100;  // differs from the section numbers of the worlds
  const synthesis::Frame frame =
      synthesis::render(synthesis::make_world(o.seed, world), moment, o.size, seed_of({o.seed, static_cast<std::uint64_t>(index), kSensor}));
  const FilePlan files = synthesis::plan_files(layout, index, o.count);
  cv::Mat bgr;
  cv::cvtColor(frame.image, bgr, cv::COLOR_RGB2BGR);
  write_png(o.output / files.image, bgr);
  write_png(o.output / files.labels, synthesis::encode_labels(layout, frame));
  if (!files.color.empty()) write_png(o.output / files.color, synthesis::color_labels(layout, frame));
}

}  // namespace

void generate_dataset(const GenerateOptions& o) {
  const Layout& layout = synthesis::find_layout(o.layout);
  check(o);
  std::set<fs::path> folders;
  for (std::int64_t i = 0; i < o.count; ++i) {
    const FilePlan files = synthesis::plan_files(layout, i, o.count);
    for (const fs::path& file : {files.image, files.labels, files.color}) folders.insert((o.output / file).parent_path());
  }
  for (const fs::path& folder : folders) make_directories(folder);
  if (layout.name == "folder") write_file_atomic(o.output / "classes.yaml", synthesis::class_table_text(layout));
  parallel_for(o.count, worker_threads(o.workers), [&](std::int64_t i) { write_one(layout, o, i); });
}

}  // namespace seg
