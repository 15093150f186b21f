#include "support/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace seg::test {

namespace {

void redirect(const std::string& path, int flags, int target) {
  const int fd = open(path.c_str(), flags, 0666);
  dup2(fd, target);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const Options& options) {
  const std::string out = (folder_ / "out").string(), err = (folder_ / "err").string();
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = fork();
  if (pid_ != 0) return;
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect(out, O_WRONLY | O_CREAT, STDOUT_FILENO);
  redirect(err, O_WRONLY | O_CREAT, STDERR_FILENO);
  for (const std::string& entry : options.environment) putenv(const_cast<char*>(entry.c_str()));
  if (options.before_exec) options.before_exec();
  execvp(words[0], words.data());
  _exit(127);
}

Process::~Process() {
  if (!running()) return;
  send(SIGKILL);
  waitpid(pid_, &status_, 0);
}

bool Process::running() {
  if (!ended_) ended_ = wait4(pid_, &status_, WNOHANG, &usage_) == pid_;
  return !ended_;
}

void Process::send(int signal) { kill(pid_, signal); }

ProgramResult Process::wait(double seconds) {
  if (!wait_until([this] { return !running(); }, seconds)) {
    ADD_FAILURE() << "still running after " << seconds << " seconds";
    send(SIGKILL);
    wait4(pid_, &status_, 0, &usage_);
    ended_ = true;
  }
  const bool killed = WIFSIGNALED(status_);
  return {killed ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_), killed, static_cast<double>(usage_.ru_maxrss) / 1024, read_text(folder_ / "out"),
          read_text(folder_ / "err")};
}

ProgramResult run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  return Process(command, {environment, {}}).wait();
}

bool wait_until(const std::function<bool()>& condition, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace seg::test
