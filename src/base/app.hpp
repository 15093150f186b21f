// The frame of every program: parses the command line, catches all exceptions, sets the exit code, starts the log.
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

/// In the `words` of an option: any path.
inline constexpr const char* kAnyPath = "<file>";

/// One option of a command line and the variable for its value. The variable's initial value is the default that --help shows.
struct Option {
  /// bool*: a flag. A list takes one word each time the option is given; a list without dashes takes all words that follow.
  using Value = std::variant<bool*, std::string*, std::filesystem::path*, std::int64_t*, std::uint64_t*, Size*, std::vector<std::string>*>;

  std::string name;  // "--config", or "run" for a word without dashes
  std::string help;
  Value value;
  std::string type = {};  // name of the value in --help, such as "DIR"; empty: depends on the kind of value
  bool required = false;
  std::optional<std::int64_t> min = {};                  // smallest whole number allowed
  std::function<std::vector<std::string>()> words = {};  // values that shell completion offers; kAnyPath: any path
};

struct Verb {
  std::string name;
  std::string help;
  std::vector<Option> options;
  std::function<int()> run;
};

/// A program: its options, verbs and functions.
struct Program {
  std::string name;
  std::string help;
  std::vector<Option> options = {};
  std::vector<Verb> verbs = {};
  std::function<int()> run = {};               // called without a verb; empty: a verb is required
  std::function<std::string()> footer = {};    // text below the options in --help
  std::function<std::string()> versions = {};  // more lines for --version: libraries, processor
};

/// Parses the command line, runs the program or the verb and returns its exit code. Every exception becomes one line "error: ..." and one line
/// "hint: ..." on stderr, with the exit code of its kind (see ErrorKind); out-of-memory errors of any library give 6. Adds the options --help,
/// --version and --completion, which only the build uses.
int run_program(const Program& program, int argc, char** argv);

/// The words that a shell completes on the command line of a program, from its table of options.
///
/// The result is bash code, one line per array entry; apps/completion.bash reads it:
///   _seg_options['segdata check']='--config --set --help'     what may follow a program, or one of its verbs; <file>: any path
///   _seg_values['--device']='auto cpu cuda'                   what may follow an option that takes a value; '': no list, no path
/// An option means the same in all programs, so the second array does not name the program.
std::string completion_table(const Program& program);

/// The error (kConfiguration) for a command line that does not match the program's table, with a message for the user. words: the arguments of the
/// program; told: the parser's message, used if this function finds no cause itself.
Error usage_error(const Program& program, const std::vector<std::string>& words, const std::string& told);

/// Whether the message of a library's exception means that memory is exhausted, on the host or on a device.
bool speaks_of_memory(std::string_view text);

/// Copies the log into `file` until the program ends.
void add_log_file(const std::shared_ptr<LineFile>& file);

/// The version of the programs. Checkpoints also store the version of LibTorch.
std::string version_text();

}  // namespace seg
