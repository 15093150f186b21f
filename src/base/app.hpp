// The frame of every program: the command line, the one catch, the exit code, the log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/line_file.hpp"
#include "base/size.hpp"

namespace seg {

/// Among an option's words: any path.
inline constexpr const char* kAnyPath = "<file>";

/// One option of a command line and where its value goes; what the value is before is the default that --help shows.
struct Option {
  /// A flag is false or true; a list takes one word each time the option is given (as a word without dashes, all that follow).
  using Value = std::variant<bool*, std::string*, std::filesystem::path*, std::int64_t*, std::uint64_t*, Size*, std::vector<std::string>*>;

  std::string name;  // "--config", or "run" for a word without dashes
  std::string help;
  Value value;
  std::string type = {};  // what --help calls the value, such as "DIR"; empty: by the kind of value
  bool required = false;
  std::optional<std::int64_t> min = {};                  // the least whole number taken
  std::function<std::vector<std::string>()> words = {};  // values that a shell offers; a path completes any
};

struct Verb {
  std::string name;
  std::string help;
  std::vector<Option> options;
  std::function<int()> run;
};

/// A program as a table.
struct Program {
  std::string name;
  std::string help;
  std::vector<Option> options = {};
  std::vector<Verb> verbs = {};
  std::function<int()> run = {};               // where no verb is named; empty: one must be
  std::function<std::string()> footer = {};    // below the options in --help
  std::function<std::string()> versions = {};  // lines below the program's own in --version: libraries, processor
};

/// Parses the command line, runs what it names and returns its exit code. Every exception ends here as one line "error: ..." and
/// one "hint: ..." on stderr, with the exit code of its kind (see ErrorKind); memory exhaustion of any library is 6.
/// Besides the table's options there are --help, --version and, for the build alone, --completion.
int run_program(const Program& program, int argc, char** argv);

/// What a shell completes on the command line of a program, taken from the program's own table.
///
/// A line of bash for each fact; apps/completion.bash reads them:
///   _seg_options['segdata check']='--config --set --help'     what may follow a program, or one of its verbs; <file>: any path
///   _seg_values['--device']='auto cpu cuda'                   what may follow an option that takes a value; '': no list, no path
/// An option's name means one thing in all programs, so it stands there without one.
std::string completion_table(const Program& program);

/// The error (kConfiguration) of a command line that does not fit the program's table, in words for the one who typed it. words: what was typed
/// behind the program's name; told: the parser's own words, for what is not found here.
Error usage_error(const Program& program, const std::vector<std::string>& words, const std::string& told);

/// Whether what a library threw says that memory is exhausted, on the host or on a device.
bool speaks_of_memory(std::string_view text);

/// Copies the log into `file` until the program ends.
void add_log_file(const std::shared_ptr<LineFile>& file);

/// The version of the programs; checkpoints name LibTorch's as well.
std::string version_text();

}  // namespace seg
