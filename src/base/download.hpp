// A file from an HTTP server (by libcurl), complete and with the right digest, or not at all.
//
// What has come lies in TARGET.part until its SHA-256 is right; then it takes the target's name. A transfer that breaks off goes on where it
// stopped, in this process or in a later one; a server that cannot give the rest of a file gives all of it anew. Of several processes that
// want the same file one loads it and the others wait for it: the part is locked, and a process that dies lets go of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace seg {

struct Download {
  std::string address;              // http:// or https://
  std::filesystem::path target;     // its folder is made where there is none
  std::string sha256;               // hexadecimal digits, in lower case, that the file's SHA-256 begins with
  std::string otherwise;            // how to get the file without this server; ends the hint of every error
  std::int64_t stall_seconds = 30;  // a transfer that stays below 1 kB/s for so long is given up
};

/// Bytes that have come since this transfer began, and how many it will be; 0 where that is not known.
using DownloadProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Returns when the target is there with the right digest; at once where it is already. `progress` may be empty. Throws kStorage: no
/// connection within 15 s, what the server answers, a stalled transfer, a wrong digest, a full disk. The environment's proxies are used
/// (https_proxy, no_proxy, ...).
void download(const Download& wanted, const DownloadProgress& progress);

}  // namespace seg
