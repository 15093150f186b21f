// The folder of the disk caches, and how its size is bounded over all runs that use it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace seg {

/// Place of the lock (SharedFile) that everyone shares who has a cache file open.
inline constexpr std::uint64_t kCacheInUse = 0;

/// FOLDER/IDENTITY.samples
std::filesystem::path cache_file(const std::filesystem::path& folder, const std::string& identity);

/// Makes the file the one most recently used.
void mark_cache_used(const std::filesystem::path& file);

/// Bytes that `own` may grow by so that all cache files in the folder stay within `limit` on the disk. If that is less than
/// `wanted`, removes other cache files that no process has open, the longest unused first, until it is enough or none is left.
std::uint64_t room_in_cache_folder(const std::filesystem::path& folder, const std::filesystem::path& own, std::uint64_t limit, std::uint64_t wanted);

}  // namespace seg
