// Disks that are full, folders that cannot be written, checkpoints that are damaged or of another run.
#include <grp.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "e2e/programs.hpp"
#include "support/fault.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kNobody = "65534";

class Storage : public Programs {
 protected:
  std::vector<std::string> arguments(const std::string& run_dir, std::vector<std::string> settings = {}) const {
    settings.insert(settings.begin(), {"train.iterations=8", "train.deterministic=true", "train.val_interval=4", "train.checkpoint_interval=2",
                                       "train.log_interval=1", "train.keep=9", "train.threads=2"});
    return training_with(run_dir, settings);
  }
  std::vector<std::string> resumed(const std::string& run_dir, const std::vector<std::string>& settings = {}) const {
    std::vector<std::string> words{"--run-dir", (folder_ / run_dir).string(), "--resume", "auto", "--device", "cpu"};
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return words;
  }
  /// The weights of a run that nothing disturbs. It is made once for all tests, and of it is kept what there was at step 4 of 8.
  const std::string& whole_digest() const {
    static const std::string digest = [&] {
      const ProgramResult whole = run("segtrain", arguments(half_run().string(), {"data.root=" + shared_data()}));
      EXPECT_EQ(whole.exit_code, 0) << whole.err;
      for (const char* later : {"step-6.safetensors", "step-8.safetensors"}) fs::remove(checkpoints(half_run().string()) / later);
      const fs::path file = half_run() / "metrics.jsonl";
      const std::string text = read_text(file);
      write_text(file, text.substr(0, text.find("{\"event\":\"end\"")));
      return digest_of(whole);
    }();
    return digest;
  }
  static fs::path half_run() { return shared() / "half"; }
  void copy_half(const std::string& to) const {
    whole_digest();
    fs::copy(half_run(), folder_ / to, fs::copy_options::recursive);
  }
  bool ends_like_the_whole(const ProgramResult& result) const { return result.exit_code == 0 && digest_of(result) == whole_digest(); }
  bool resumes_to_the_whole(const std::string& run_dir) const { return ends_like_the_whole(run("segtrain", resumed(run_dir))); }
  bool has_event(const fs::path& run_dir, const std::string& event) const {
    const fs::path file = run_dir / "metrics.jsonl";
    return fs::exists(file) && read_text(file).find("\"event\":\"" + event + "\"") != std::string::npos;
  }
};

/// A file system in memory, unmounted at the end.
class SmallDisk {
 public:
  SmallDisk(const fs::path& path, const std::string& size) : path_(path) {
    fs::create_directories(path);
    mounted_ = mount("tmpfs", path.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path path_;
  bool mounted_ = false;
};

/// A folder with a quota on a file system in a file, unmounted at the end.
class QuotaDisk {
 public:
  QuotaDisk(const fs::path& path, const std::string& quota) : path_(path), folder_(path / "of user") {
    fs::create_directories(path);
    write_text(path.string() + ".image", "");
    fs::resize_file(path.string() + ".image", std::uintmax_t{2} << 30);
    const std::string disk = "'" + path.string() + "'", folder = "'" + folder_.string() + "'", image = "'" + path.string() + ".image'";
    mounted_ = done("mkfs.btrfs -q " + image) && done("mount -o loop " + image + " " + disk);
    limited_ =
        mounted_ && done("btrfs quota enable " + disk + " && btrfs subvolume create " + folder + " && btrfs qgroup limit " + quota + " " + folder);
  }
  ~QuotaDisk() {
    if (mounted_) done("umount --lazy --detach-loop '" + path_.string() + "'");
  }
  QuotaDisk(const QuotaDisk&) = delete;
  QuotaDisk& operator=(const QuotaDisk&) = delete;
  bool limited() const { return limited_; }
  const fs::path& folder() const { return folder_; }

 private:
  static bool done(const std::string& command) { return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0; }

  fs::path path_, folder_;
  bool mounted_ = false, limited_ = false;
};

/// Writes until the disk is full.
void fill(const fs::path& file) {
  std::string block(4096, 'x');
  FILE* stream = std::fopen(file.c_str(), "wb");
  std::setvbuf(stream, nullptr, _IONBF, 0);
  while (!block.empty())
    if (std::fwrite(block.data(), 1, block.size(), stream) < block.size()) block.resize(block.size() / 2);
  std::fclose(stream);
}

TEST_F(Storage, AFileThatMayNotGrowIsAnErrorAndTheCheckpointBeforeIsIntact) {
  FaultRow row("disk");
  copy_half("limited");
  const rlim_t bytes = 1 << 20;
  const ProgramResult limited = Process(command("segtrain", resumed("limited")), with({},
                                                                                      [bytes] {
                                                                                        const rlimit limit{bytes, bytes};
                                                                                        setrlimit(RLIMIT_FSIZE, &limit);
                                                                                      }))
                                    .wait();
  EXPECT_TRUE(is_clear_error(limited, 5)) << limited.err;
  EXPECT_THAT(limited.err, AllOf(HasSubstr("step-6.safetensors"), HasSubstr(" bytes"), HasSubstr("File too large")));
  EXPECT_TRUE(row.tried(limited.exit_code == 5 && resumes_to_the_whole("limited")));
}

TEST_F(Storage, AFullDiskIsAnErrorAndTheCheckpointBeforeIsIntact) {
  FaultRow row("disk");
  const SmallDisk disk(folder_ / "disk", "9m");  // two checkpoints of 3.2 MB, the best weights and the reports; not three
  if (!disk.mounted()) GTEST_SKIP() << "this user may not mount a file system";
  const ProgramResult full = run("segtrain", arguments("disk/run"));
  EXPECT_TRUE(is_clear_error(full, 5)) << full.err;
  EXPECT_THAT(full.err, AllOf(HasSubstr(" bytes"), HasSubstr("No space left")));
  const bool freed =
      fs::remove(checkpoints("disk/run") / "step-2.safetensors") && run("segtrain", resumed("disk/run", {"train.keep=1"})).exit_code == 0;
  EXPECT_TRUE(row.tried(full.exit_code == 5 && freed)) << full.err;
  std::vector<std::string> scored{"--checkpoint", (checkpoints("disk/run") / "last.safetensors").string()};
  EXPECT_EQ(run("segeval", scored).exit_code, 0);
}

TEST_F(Storage, AQuotaIsAnErrorAndTheCheckpointBeforeIsIntact) {
  FaultRow row("disk");
  const QuotaDisk disk(folder_ / "disk", "490m");  // two checkpoints and the best weights, not three
  if (!disk.limited()) GTEST_SKIP() << "needs root, loop devices and Debian's btrfs-progs";
  const std::string run_dir = (disk.folder() / "run").string();
  const ProgramResult refused = run("segtrain", arguments(run_dir, {"model.width=1"}));  // files that dwarf what btrfs itself writes
  EXPECT_TRUE(is_clear_error(refused, 5)) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("step-6.safetensors"), HasSubstr(" bytes"), HasSubstr("Disk quota exceeded")));
  fs::remove(checkpoints(run_dir) / "step-2.safetensors");
  EXPECT_TRUE(row.tried(refused.exit_code == 5 && run("segtrain", resumed(run_dir, {"train.keep=1"})).exit_code == 0));
}

TEST_F(Storage, AFolderWithoutPermissionIsAnErrorAndTheCheckpointBeforeIsIntact) {
  FaultRow row("disk");
  copy_half("closed");
  const auto as_nobody = [] {
    if (getuid() != 0) return;
    const gid_t group = static_cast<gid_t>(std::strtol(kNobody, nullptr, 10));
    if (setgroups(0, nullptr) != 0 || setgid(group) != 0 || setuid(group) != 0) _exit(126);
  };
  for (const fs::path& folder : {folder_.path(), shared()}) fs::permissions(folder, fs::perms(0755));
  const std::string give_away = "chown -R " + std::string(kNobody) + " '" + folder_.path().string() + "'";
  ASSERT_TRUE(getuid() != 0 || std::system(give_away.c_str()) == 0);
  fs::permissions(checkpoints("closed"), fs::perms(0555));
  const ProgramResult closed = Process(command("segtrain", resumed("closed")), with({}, as_nobody)).wait();
  if (closed.exit_code == 127) GTEST_SKIP() << "another user cannot reach the programs";
  EXPECT_TRUE(is_clear_error(closed, 5)) << closed.err;
  EXPECT_THAT(closed.err, AllOf(HasSubstr("step-6.safetensors"), HasSubstr("Permission denied")));
  fs::permissions(checkpoints("closed"), fs::perms(0755));
  EXPECT_TRUE(row.tried(closed.exit_code == 5 && resumes_to_the_whole("closed")));
  // A folder that takes nothing at all.
  fs::create_directory(folder_ / "read-only");
  fs::permissions(folder_ / "read-only", fs::perms(0555));
  const ProgramResult refused = Process(command("segtrain", arguments("read-only/run")), with({}, as_nobody)).wait();
  EXPECT_TRUE(row.tried(is_clear_error(refused, 5))) << refused.err;
}

TEST_F(Storage, LogsMetricsAndReportsWaitForAFullDisk) {
  FaultRow row("disk");
  const fs::path run_dir = folder_ / "disk";
  const SmallDisk disk(run_dir, "4m");
  if (!disk.mounted()) GTEST_SKIP() << "this user may not mount a file system";
  fs::create_directory(folder_ / "large");
  fs::create_directory_symlink(folder_ / "large", run_dir / "checkpoints");
  // Enough steps for every file to need another page of the disk.
  Process process(command("segtrain", arguments("disk", {"train.iterations=60", "train.checkpoint_interval=20", "train.val_interval=20"})), with({}));
  ASSERT_TRUE(wait_until([&] { return has_event(run_dir, "train") || !process.running(); }));
  fill(run_dir / "filler");
  ASSERT_TRUE(wait_until([&] { return fs::exists(folder_ / "large/step-40.safetensors") || !process.running(); }));
  EXPECT_FALSE(fs::exists(run_dir / "eval/val/report.json"));
  fs::remove(run_dir / "filler");
  const ProgramResult result = process.wait();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  int steps = 0;
  std::istringstream lines(read_text(run_dir / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) steps += nlohmann::json::parse(line).at("event") == "train";
  EXPECT_EQ(steps, 60);
  EXPECT_THAT(read_text(run_dir / "train.log"), AllOf(HasSubstr("1/60"), HasSubstr("30/60"), HasSubstr("60/60")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("metrics.jsonl: No space left on device; the run continues"), HasSubstr("train.log: No space left"),
                                HasSubstr("the report is tried again")));
  EXPECT_TRUE(row.tried(steps == 60 && fs::exists(run_dir / "eval/val/report.json")));
}

TEST_F(Storage, ADamagedCheckpointIsNamedAndTheOneBeforeIsTaken) {
  FaultRow row("damaged");
  const auto flip = [](const fs::path& file) {
    std::string bytes = read_text(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_text(file, bytes);
  };
  const std::vector<std::function<void(const fs::path&)>> damages{flip, [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); },
                                                                  [](const fs::path& file) { fs::resize_file(file, 0); },
                                                                  [](const fs::path& file) { write_text(file, "\x89PNG\r\n\x1a\n of another type"); },
                                                                  [](const fs::path& file) {
                                                                    fs::remove(file);
                                                                    fs::create_directory(file);
                                                                  }};
  int number = 0;
  for (const auto& damage : tried_of(damages, 2)) {
    const std::string name = "damaged" + std::to_string(number++);
    copy_half(name);
    const fs::path newest = checkpoints(name) / "step-4.safetensors";
    damage(newest);
    // By its name it is an error ...
    const ProgramResult named = run("segtrain", {"--resume", newest.string(), "--device", "cpu"});
    EXPECT_TRUE(row.tried(is_clear_error(named, 5) && named.err.find("step-4.safetensors") != std::string::npos)) << named.err;
    // ... and a run finds the one before, or says that there is none.
    const ProgramResult resumed_run = run("segtrain", resumed(name));
    EXPECT_THAT(resumed_run.err, AllOf(HasSubstr("not used: "), HasSubstr("step-4.safetensors"), HasSubstr("resuming from iteration 2")));
    EXPECT_TRUE(row.tried(ends_like_the_whole(resumed_run))) << resumed_run.err;
  }
  copy_half("none");
  for (const char* step : {"step-2", "step-4"}) flip(checkpoints("none") / (std::string(step) + ".safetensors"));
  const ProgramResult none = run("segtrain", resumed("none"));
  EXPECT_TRUE(row.tried(is_clear_error(none, 5))) << none.err;
}

TEST_F(Storage, ACheckpointOfAnotherNetworkOrOfOtherClassesIsRefused) {
  FaultRow row("other_network");
  const std::vector<std::string> others{"data.void=train", "model.arch=deeplabv3", "model.backbone=resnet34"};
  for (const std::string& other : tried_of(others, 1)) {
    const std::string name = other.substr(other.find('=') + 1);
    ASSERT_EQ(run("segtrain", training_with(name, {"train.iterations=2", other})).exit_code, 0);
    copy_half("half-" + name);
    const fs::path target = checkpoints("half-" + name) / "step-4.safetensors";
    fs::remove(target);
    fs::copy_file(checkpoints(name) / "step-2.safetensors", target);
    const ProgramResult refused = run("segtrain", resumed("half-" + name));
    EXPECT_TRUE(row.tried(is_clear_error(refused, 5))) << refused.err;
    // All that differs is listed, not only the first.
    const std::vector<std::string> parts = other == "data.void=train" ? std::vector<std::string>{"class 11 is Void", "none now"}
                                                                      : std::vector<std::string>{" unexpected (", ".weight, "};
    for (const std::string& part : parts) EXPECT_THAT(refused.err, HasSubstr(part)) << other;
  }
}

TEST_F(Storage, AChangedConfigurationIsRefusedAndAHarmlessOneIsLogged) {
  FaultRow row("changed_config");
  copy_half("half");
  for (const std::string setting : {"optimizer.lr=0.5", "train.seed=7", "train.batch_size=3", "loss.type=ce", "model.output_stride=8",
                                    "augment.flip=0.25", "train.iterations=9", "train.threads=1"}) {
    const ProgramResult refused = run("segtrain", resumed("half", {setting}));
    EXPECT_TRUE(row.tried(is_clear_error(refused, 2) && refused.err.find(setting.substr(0, setting.find('='))) != std::string::npos)) << refused.err;
  }
  const ProgramResult two = run("segtrain", resumed("half", {"optimizer.lr=0.5", "train.seed=7"}));
  EXPECT_THAT(two.err, AllOf(HasSubstr("optimizer.lr"), HasSubstr("train.seed")));
  const ProgramResult harmless = run("segtrain", resumed("half", {"data.workers=1", "train.val_interval=8", "train.keep=3", "data.timeout_s=60"}));
  EXPECT_THAT(harmless.err,
              AllOf(HasSubstr("data.workers is now 1"), HasSubstr("train.val_interval is now 8"), HasSubstr("data.timeout_s is now 60")));
  EXPECT_TRUE(row.tried(ends_like_the_whole(harmless))) << harmless.err;
}

}  // namespace
}  // namespace seg::test
