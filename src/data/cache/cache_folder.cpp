#include "data/cache/cache_folder.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "data/cache/shared_file.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".samples";

struct CacheFile {
  fs::path path;
  std::uint64_t bytes = 0;  // on the disk, without holes
  fs::file_time_type used;
};

std::uint64_t disk_bytes(const fs::path& file) {
  struct stat status {};
  constexpr std::uint64_t kBlock = 512;  // the unit of st_blocks, whatever the file system's own is
  return ::stat(file.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * kBlock : 0;
}

std::vector<CacheFile> cache_files(const fs::path& folder) {
  std::vector<CacheFile> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != kExtension) continue;
    std::error_code ignored;
    files.push_back({it->path(), disk_bytes(it->path()), fs::last_write_time(it->path(), ignored)});
  }
  return files;
}

bool remove_if_unused(const CacheFile& file) {
  try {
    const SharedFile opened(file.path, 1);
    if (!opened.try_lock(kCacheInUse, SharedFile::Lock::kExclusive)) return false;
    std::error_code error;
    if (!fs::remove(file.path, error)) return false;
    spdlog::info("data.cache: removed {}, which no run uses, to stay within data.cache_gb", file.path.string());
    return true;
  } catch (const Error&) {
    return false;  // not ours to open
  }
}

}  // namespace

fs::path cache_file(const fs::path& folder, const std::string& identity) { return folder / (identity + kExtension); }

void mark_cache_used(const fs::path& file) { ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0); }

std::uint64_t room_in_cache_folder(const fs::path& folder, const fs::path& own, std::uint64_t limit, std::uint64_t wanted) {
  std::vector<CacheFile> files = cache_files(folder);
  std::ranges::sort(files, {}, &CacheFile::used);
  std::uint64_t used = 0;
  for (const CacheFile& file : files) used += file.bytes;
  for (const CacheFile& file : files) {
    if (used + wanted <= limit) break;
    if (file.path != own && remove_if_unused(file)) used -= file.bytes;
  }
  return limit > used ? limit - used : 0;
}

}  // namespace seg
