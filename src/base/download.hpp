// Downloads a file from an HTTP server (with libcurl). The target appears only when it is complete and has the right digest.
//
// Bytes received so far are in TARGET.part, which is renamed to the target once its SHA-256 is correct. A transfer that breaks off continues where
// it stopped, in this process or in a later one; if the server cannot send the rest of a file, the download starts again. If several processes want
// the same file, one downloads it and the others wait for it: the part is locked, and the lock ends with the process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace seg {

struct Download {
  std::string address;              // http:// or https://
  std::filesystem::path target;     // its folder is created if it does not exist
  std::string sha256;               // the first hexadecimal digits, in lower case, of the file's SHA-256
  std::string otherwise;            // how to get the file without this server; ends the hint of every error
  std::int64_t stall_seconds = 30;  // a transfer slower than 1 kB/s for this time is aborted
};

/// Bytes received since this transfer began, and their total number; 0 if it is not known.
using DownloadProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Returns when the target exists with the right digest; at once if it already does. `progress` may be empty. Throws kStorage: no connection within
/// 15 s, an error of the server, a stalled transfer, a wrong digest, a full disk. Uses the proxies of the environment (https_proxy, no_proxy, ...).
void download(const Download& wanted, const DownloadProgress& progress);

}  // namespace seg
