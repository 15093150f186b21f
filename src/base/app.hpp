// The frame of every program: the command line, the one catch, the exit code, the log.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace seg {

/// Parses the command line into `app`, then runs `body` and returns its exit code. Every exception ends here as one line
/// "error: ..." and one "hint: ..." on stderr, with the exit code of its kind (see ErrorKind); memory exhaustion of any library is 6.
int run_app(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

/// The log goes to stderr, one line a message; `--quiet` programs set the level through spdlog itself.
void start_log();

/// Copies the log into `file` (appended) until the program ends. A file that cannot be written is warned about once.
void add_log_file(const std::filesystem::path& file);

/// The version printed by --version: the program's own and those of its libraries known at build time.
std::string version_text();

}  // namespace seg
