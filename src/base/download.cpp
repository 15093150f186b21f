#include "base/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"

namespace seg {

namespace {

constexpr long kConnectSeconds = 15;
constexpr long kSlowest = 1000;                    // bytes per second
constexpr int kTries = 5;                          // consecutive transfers that may break off
constexpr std::int64_t kMaxBytes = 4'000'000'000;  // so that no server fills the disk
constexpr auto kPause = std::chrono::milliseconds(100);

Error failed(const Download& wanted, const std::string& what, const std::string& how) {
  return {ErrorKind::kStorage, "cannot download " + wanted.address + ": " + what, how.empty() ? wanted.otherwise : how + "; or " + wanted.otherwise};
}

/// The file with the bytes received so far, locked by this process.
class Part {
 public:
  /// Waits while another process holds the lock.
  Part(const Download& wanted, const DownloadProgress& progress) : path_(wanted.target.string() + ".part"), file_(-1) {
    while (!is_at_its_path()) {  // false: another process has completed and renamed it
      file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
      if (file_.get() < 0)
        throw failed(wanted, "cannot write " + path_.string() + ": " + std::strerror(errno), "check the permissions of its folder");
      await_lock(wanted, progress);
    }
  }

  const fs::path& path() const { return path_; }

  std::int64_t size() const {
    struct stat status {};
    return ::fstat(file_.get(), &status) == 0 ? static_cast<std::int64_t>(status.st_size) : 0;
  }

  /// Returns false if the write fails, with the reason in errno.
  bool append(const char* data, std::size_t bytes) {
    while (bytes > 0) {
      const ssize_t count = ::write(file_.get(), data, bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      data += count;
      bytes -= static_cast<std::size_t>(count);
    }
    return true;
  }

  void seek_end() { ::lseek(file_.get(), 0, SEEK_END); }
  bool clear() { return ::ftruncate(file_.get(), 0) == 0; }
  void remove() { ::unlink(path_.c_str()); }

  bool complete(const fs::path& target) {
    if (::fsync(file_.get()) != 0 || ::rename(path_.c_str(), target.c_str()) != 0) return false;
    sync_directory(target.parent_path());
    return true;
  }

 private:
  void await_lock(const Download& wanted, const DownloadProgress& progress) {
    const std::int64_t begin = size();
    for (bool told = false; ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0; told = true) {
      if (errno != EWOULDBLOCK && errno != EINTR)
        throw failed(wanted, "cannot lock " + path_.string() + ": " + std::strerror(errno), "set XDG_CACHE_HOME to a folder of a local disk");
      if (!told) spdlog::info("another process is downloading {}: waiting for it", wanted.address);
      if (progress) progress(size() - begin, 0);
      std::this_thread::sleep_for(kPause);
    }
  }

  bool is_at_its_path() const {
    struct stat opened {
    }, named{};
    return file_.get() >= 0 && ::fstat(file_.get(), &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
  }

  fs::path path_;
  Descriptor file_;
};

/// One request and its result.
struct Transfer {
  Part& part;
  const DownloadProgress& progress;
  int write_error = 0;  // errno
  CURLcode code = CURLE_OK;
  long status = 0;  // HTTP status code
  std::string reason = {};
};

std::size_t on_bytes(char* data, std::size_t, std::size_t bytes, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.part.append(data, bytes)) return bytes;
  transfer.write_error = errno;
  return 0;  // ends the transfer
}

int on_progress(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<const Transfer*>(user);
  if (transfer.progress) transfer.progress(done, total);
  return transfer.part.size() > kMaxBytes ? 1 : 0;
}

/// Requests the bytes after the part and appends them to it.
void request(const Download& wanted, Transfer& transfer) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(started == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!handle) throw Error(ErrorKind::kInternal, "libcurl does not start");
  std::array<char, CURL_ERROR_SIZE> reason{};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
  set(CURLOPT_URL, wanted.address.c_str());
  set(CURLOPT_USERAGENT, "segtrain/" SEG_VERSION);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(wanted.stall_seconds));
  set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.part.size()));
  set(CURLOPT_WRITEFUNCTION, on_bytes);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, on_progress);
  set(CURLOPT_XFERINFODATA, &transfer);
  set(CURLOPT_ERRORBUFFER, reason.data());
  transfer.part.seek_end();
  transfer.code = curl_easy_perform(handle.get());
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &transfer.status);
  transfer.reason = reason[0] != '\0' ? reason.data() : curl_easy_strerror(transfer.code);
}

bool broke_off(CURLcode code) { return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM; }

/// Whether the server has no more bytes after the part, or cannot send part of a file.
bool cannot_go_on(const Transfer& transfer) {
  constexpr long kNotThatRange = 416;
  return transfer.code == CURLE_RANGE_ERROR || (transfer.code == CURLE_HTTP_RETURNED_ERROR && transfer.status == kNotThatRange);
}

Error defect(const Download& wanted, const Transfer& transfer) {
  const std::int64_t bytes = transfer.part.size();
  if (transfer.write_error != 0)
    return failed(wanted, "cannot write " + transfer.part.path().string() + ": " + std::strerror(transfer.write_error),
                  "free disk space and start again; the download continues where it stopped");
  if (transfer.code == CURLE_ABORTED_BY_CALLBACK) return failed(wanted, "the file is longer than " + std::to_string(kMaxBytes) + " bytes", "");
  if (transfer.code == CURLE_PEER_FAILED_VERIFICATION || transfer.code == CURLE_SSL_CACERT_BADFILE)
    return failed(wanted, transfer.reason, "install ca-certificates");
  return failed(wanted, transfer.reason, bytes > 0 ? "start again; the download continues after the first " + std::to_string(bytes) + " bytes" : "");
}

/// Downloads until the part is complete according to the server.
void fill(const Download& wanted, const DownloadProgress& progress, Part& part) {
  for (int tries = 1;; ++tries) {
    const std::int64_t begin = part.size();
    Transfer transfer{part, progress};
    request(wanted, transfer);
    if (transfer.code == CURLE_OK) return;
    const bool anew = begin > 0 && cannot_go_on(transfer) && part.clear();
    const bool more = broke_off(transfer.code) && part.size() > begin && transfer.write_error == 0;
    if (tries == kTries || !(anew || more)) {
      if (part.size() == 0) part.remove();
      throw defect(wanted, transfer);
    }
    spdlog::info("the download of {} {}", wanted.address, anew ? "starts again" : "broke off and continues: " + transfer.reason);
  }
}

}  // namespace

void download(const Download& wanted, const DownloadProgress& progress) {
  make_directories(wanted.target.parent_path());
  Part part(wanted, progress);
  std::error_code ignored;
  if (fs::exists(wanted.target, ignored) && sha256_of(wanted.target).starts_with(wanted.sha256)) return part.remove();
  const bool resumed = part.size() > 0;
  fill(wanted, progress, part);
  std::string digest = sha256_of(part.path());
  if (resumed && !digest.starts_with(wanted.sha256) && part.clear()) {  // the old bytes belong to another file
    fill(wanted, progress, part);
    digest = sha256_of(part.path());
  }
  if (!digest.starts_with(wanted.sha256)) {
    part.remove();
    throw failed(wanted, "the SHA-256 of the downloaded file begins with " + digest.substr(0, wanted.sha256.size()) + ", not " + wanted.sha256,
                 "check what the server, or a proxy, sends instead of the file");
  }
  if (!part.complete(wanted.target))
    throw failed(wanted, "cannot rename " + part.path().string() + " to " + wanted.target.string() + ": " + std::strerror(errno),
                 "check the permissions of its folder");
}

}  // namespace seg
