#include "base/download.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "support/file_server.hpp"
#include "support/free_port.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::FileServer;
using test::read_text;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;

using Answer = FileServer::Answer;
using Request = FileServer::Request;

TEST(Sha256, OfFilesIsThatOfTheStandard) {
  const test::TemporaryFolder folder;
  write_text(folder / "empty", "");
  write_text(folder / "abc", "abc");  // FIPS 180-4's examples
  write_text(folder / "million", std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of(folder / "empty"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of(folder / "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of(folder / "million"), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_THROW(sha256_of(folder / "none"), Error);
}

class Downloads : public testing::Test {
 protected:
  Downloads() {
    setenv("no_proxy", "*", 1);
    for (std::size_t i = 0; i < body_.size(); ++i) body_[i] = static_cast<char>(i * i >> 3);
    write_text(folder_ / "original", body_);
    digest_ = sha256_of(folder_ / "original");
  }

  Download wanted(const std::string& server) const {
    return {.address = server + "/a.bin", .target = target_, .sha256 = digest_.substr(0, 8), .otherwise = "copy it", .stall_seconds = 1};
  }
  void fetch(const FileServer& server) { download(wanted(server.address()), {}); }

  /// What a download that must fail says, hint included.
  std::string failure(const std::string& server) {
    try {
      download(wanted(server), {});
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kStorage);
      EXPECT_THAT(error.hint, HasSubstr("copy it"));
      EXPECT_THAT(error.what(), AllOf(HasSubstr(server + "/a.bin"), testing::Not(HasSubstr("\n"))));
      EXPECT_FALSE(fs::exists(target_));
      return std::string(error.what()) + " | " + error.hint;
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  std::string body_ = std::string(200'000, '\0');
  std::string digest_;
  test::TemporaryFolder folder_;
  const fs::path target_ = folder_ / "cache/a.bin";
  const fs::path part_ = folder_ / "cache/a.bin.part";
};

TEST_F(Downloads, AGoodServerGivesTheFile) {
  const FileServer server([&](const Request&) { return Answer{.body = body_}; });
  std::int64_t last = 0, whole = 0;
  download(wanted(server.address()), [&](std::int64_t done, std::int64_t total) { last = done, whole = total; });
  EXPECT_EQ(read_text(target_), body_);
  EXPECT_FALSE(fs::exists(part_));
  EXPECT_EQ(last, 200'000);
  EXPECT_EQ(whole, 200'000);
  fetch(server);  // is there already
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(Downloads, RedirectionsAreFollowed) {
  const FileServer server(
      [&](const Request& request) { return request.path == "/a.bin" ? Answer{.status = 302, .location = "/elsewhere"} : Answer{.body = body_}; });
  fetch(server);
  EXPECT_EQ(read_text(target_), body_);
}

TEST_F(Downloads, ABrokenTransferGoesOnWhereItStopped) {
  const FileServer server([&](const Request& request) { return Answer{.body = body_, .sent = request.number == 0 ? 70'000U : std::string::npos}; });
  fetch(server);
  EXPECT_EQ(read_text(target_), body_);
  EXPECT_EQ(server.requests().at(1).begin, 70'000U);
}

TEST_F(Downloads, ALaterCallGoesOnToo) {
  fs::create_directories(part_.parent_path());
  write_text(part_, body_.substr(0, 50'000));
  const FileServer server([&](const Request&) { return Answer{.body = body_}; });
  fetch(server);
  EXPECT_EQ(read_text(target_), body_);
  EXPECT_EQ(server.requests().at(0).begin, 50'000U);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Downloads, AServerWithoutRangesStartsAgain) {
  fs::create_directories(part_.parent_path());
  write_text(part_, body_.substr(0, 50'000));
  const FileServer server([&](const Request&) { return Answer{.body = body_, .ranges = false}; });
  fetch(server);
  EXPECT_EQ(read_text(target_), body_);
}

TEST_F(Downloads, APartOfAnotherFileIsThrownAway) {
  const FileServer server([&](const Request&) { return Answer{.body = body_}; });
  for (const std::size_t size : {50'000U, 200'000U, 300'000U}) {
    fs::create_directories(part_.parent_path());
    write_text(part_, std::string(size, 'x'));
    fetch(server);
    EXPECT_EQ(read_text(target_), body_) << size;
    fs::remove(target_);
  }
}

TEST_F(Downloads, AWrongDigestLeavesNothing) {
  const FileServer server([&](const Request&) { return Answer{.body = body_ + "x"}; });
  EXPECT_THAT(failure(server.address()), HasSubstr("not " + digest_.substr(0, 8)));
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(Downloads, AServerThatAlwaysBreaksOffIsGivenUpAndThePartKept) {
  const FileServer server([&](const Request&) { return Answer{.body = body_, .sent = 30'000}; });
  EXPECT_THAT(failure(server.address()), HasSubstr("start again; the download continues after the first 150000 bytes"));
  EXPECT_EQ(read_text(part_), body_.substr(0, 150'000));
}

TEST_F(Downloads, AStalledTransferEnds) {
  const FileServer server([&](const Request&) { return Answer{.body = body_, .sent = 1'000, .stalls = true}; });
  EXPECT_THAT(failure(server.address()), AllOf(HasSubstr("too slow"), HasSubstr("start again; the download continues after the first 1000 bytes")));
}

TEST_F(Downloads, WhatIsNotThereIsSaid) {
  const FileServer server([&](const Request&) { return Answer{.body = "not found", .status = 404}; });
  EXPECT_THAT(failure(server.address()), HasSubstr("404"));
  EXPECT_FALSE(fs::exists(part_));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Downloads, ANetworkThatIsNotThereIsSaid) {
  EXPECT_THAT(failure("http://127.0.0.1:" + std::to_string(free_port())), HasSubstr("Failed to connect"));
}

TEST_F(Downloads, AFolderThatCannotBeIsSaid) {
  write_text(folder_ / "cache", "a file");
  const FileServer server([&](const Request&) { return Answer{.body = body_}; });
  EXPECT_THROW(fetch(server), Error);
}

TEST_F(Downloads, OfSeveralProcessesOneLoads) {
  const FileServer server([&](const Request&) { return Answer{.body = body_, .pause_s = 0.3}; });
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      try {
        fetch(server);
        _exit(read_text(target_) == body_ ? 0 : 1);
      } catch (...) {
        _exit(2);
      }
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(Downloads, AProcessThatIsKilledLeavesThePartToTheNext) {
  const FileServer server(
      [&](const Request& request) { return request.number == 0 ? Answer{.body = body_, .sent = 100'000, .stalls = true} : Answer{.body = body_}; });
  const pid_t child = fork();
  if (child == 0) {
    Download endless = wanted(server.address());
    endless.stall_seconds = 1000;
    download(endless, {});
    _exit(1);
  }
  std::error_code ignored;
  for (int i = 0; i < 2000 && !(fs::exists(part_) && fs::file_size(part_, ignored) == 100'000); ++i) usleep(5'000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  fetch(server);
  EXPECT_EQ(read_text(target_), body_);
  EXPECT_EQ(server.requests().at(1).begin, 100'000U);
}

}  // namespace
}  // namespace seg
