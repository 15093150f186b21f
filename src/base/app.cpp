#include "base/app.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <iostream>
#include <mutex>
#include <new>
#include <string_view>
#include <type_traits>

#include "base/wrap.hpp"

namespace seg {

namespace {

constexpr std::size_t kHelpWidth = 80;  // characters of a line of --help

/// CLI11's help, with lines broken between words.
class HelpFormatter final : public CLI::Formatter {
  std::string make_option_desc(const CLI::Option* option) const override {
    return lines(CLI::Formatter::make_option_desc(option), kHelpWidth - get_column_width());
  }
  std::string make_subcommand(const CLI::App* verb) const override {
    const std::string name = "  " + verb->get_name();
    const std::string help = lines(verb->get_description(), kHelpWidth - get_column_width(), std::string(get_column_width(), ' '));
    return name + std::string(get_column_width() - std::min(get_column_width(), name.size()), ' ') + help + "\n";
  }
  std::string make_description(const CLI::App* app) const override { return lines(app->get_description(), kHelpWidth) + "\n"; }

  static std::string lines(const std::string& text, std::size_t width, const std::string& indent = "") {
    std::string all;
    for (const std::string& line : wrapped(text, width)) {
      if (!all.empty()) all.append("\n").append(indent);
      all += line;
    }
    return all;
  }
};

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

int fail(const Error& error) {
  std::cout.flush();
  spdlog::default_logger()->flush();
  // One line each, even if a library's message has several.
  std::cerr << "error: " << first_line(error.what()) << '\n';
  if (!error.hint.empty()) std::cerr << "hint: " << first_line(error.hint) << '\n';
  return static_cast<int>(error.kind);
}

Error out_of_memory(const std::string& detail) {
  return {ErrorKind::kMemory, "out of memory" + (detail.empty() ? "" : ": " + detail),
          "lower train.batch_size, data.size, data.workers or data.prefetch; for evaluation set eval.window"};
}

/// Used instead of spdlog's own file sink, which stops writing when a disk is full.
class LineFileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineFileSink(std::shared_ptr<LineFile> file) : file_(std::move(file)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_->append({line.data(), line.size()});
  }
  void flush_() override {}

  std::shared_ptr<LineFile> file_;
};

int run_body(const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    return fail(error);
  } catch (const std::bad_alloc&) {
    return fail(out_of_memory(""));
  } catch (const std::exception& error) {
    if (speaks_of_memory(error.what())) return fail(out_of_memory(first_line(error.what())));
    return fail(
        Error(ErrorKind::kInternal, "internal: " + first_line(error.what()), "this is a bug in the program; please report it with the command line"));
  }
}

/// "380x640" to a size.
Size parse_size(const std::string& text, const std::string& option) {
  Size size;
  const char* const end = text.data() + text.size();
  const auto height = std::from_chars(text.data(), end, size.height);
  if (height.ec == std::errc() && height.ptr != end && *height.ptr == 'x') {
    const auto width = std::from_chars(height.ptr + 1, end, size.width);
    if (width.ec == std::errc() && width.ptr == end && size.height > 0 && size.width > 0) return size;
  }
  throw CLI::ValidationError(option + " " + text + " is not a size: use HEIGHTxWIDTH in pixels, for example 380x640");
}

/// Accepts whole numbers >= `least`; --help does not show this limit.
CLI::Validator at_least(std::int64_t least) {
  const auto check = [least](const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && value < least ? text + " is too small: the minimum is " + std::to_string(least) : std::string();
  };
  return {check, ""};
}

void add_option(CLI::App& app, const Option& option) {
  const auto add = [&](auto* value) -> CLI::Option* {
    using Value = std::remove_pointer_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, bool>) {
      return app.add_flag(option.name, *value, option.help);
    } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
      return app.add_option(option.name, *value, option.help)->allow_extra_args(!option.name.starts_with('-'));
    } else if constexpr (std::is_same_v<Value, Size>) {
      const auto read = [value, name = option.name](const std::string& text) { *value = parse_size(text, name); };
      return app.add_option_function<std::string>(option.name, read, option.help)
          ->default_str(*value == Size{} ? "" : to_string(*value))
          ->type_name("HxW");
    } else if constexpr (std::is_same_v<Value, std::filesystem::path>) {
      return app.add_option(option.name, *value, option.help)->default_str(value->string());  // CLI11 would put it in quotes
    } else {
      return app.add_option(option.name, *value, option.help)->capture_default_str();
    }
  };
  CLI::Option* added = std::visit(add, option.value);
  added->required(option.required);
  if (option.min) added->check(at_least(*option.min));
  if (!option.type.empty()) added->type_name(option.type);
}

/// Logs to stderr, one line per message.
void start_log() {
  const auto log = std::make_shared<spdlog::logger>("seg", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  log->set_pattern("%H:%M:%S %^%l%$ %v");
  log->flush_on(spdlog::level::info);
  spdlog::set_default_logger(log);
}

std::string version_lines(const Program& program) {
  return program.name + " " + version_text() + (program.versions ? "\n" + program.versions() : "");
}

}  // namespace

bool speaks_of_memory(std::string_view text) {
  // The messages of LibTorch's CPU allocator, its CUDA allocator, OpenCV and cuDNN (which has too little memory for any of its algorithms).
  for (const std::string_view words :
       {"can't allocate memory", "not enough memory", "out of memory", "Insufficient memory", "Failed to allocate", "unable to find an engine"})
    if (text.find(words) != std::string_view::npos) return true;
  return false;
}

int run_program(const Program& program, int argc, char** argv) {
  CLI::App app(program.help, program.name);
  app.formatter(std::make_shared<HelpFormatter>());  // the verbs inherit it
  app.set_help_flag("-h,--help", "print this help and exit");
  for (const Option& option : program.options) add_option(app, option);
  std::function<int()> run = program.run;
  for (const Verb& verb : program.verbs) {
    CLI::App* command = app.add_subcommand(verb.name, verb.help);
    for (const Option& option : verb.options) add_option(*command, option);
    command->callback([&run, &verb] { run = verb.run; });
  }
  if (!run) app.require_subcommand(1);
  if (program.footer) app.footer(program.footer);
  // A closed pipe on stdout must not end a training run, and a file that grows too large must fail in its write call.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  start_log();
  const std::string about_version =
      program.versions ? "print the versions of program and libraries and the processor's features" : "print the version";
  app.set_version_flag(
      "--version", [&program] { return version_lines(program); }, about_version);
  app.add_flag_callback("--completion", [&program] { throw CLI::CallForVersion(completion_table(program), 0); })->group("");  // not in --help
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(usage_error(program, {argv + std::min(argc, 1), argv + argc}, error.what()));
  }
  return run_body(run);
}

void add_log_file(const std::shared_ptr<LineFile>& file) {
  const auto sink = std::make_shared<LineFileSink>(file);
  sink->set_pattern("%Y-%m-%dT%H:%M:%S%z %l %v");
  spdlog::default_logger()->sinks().push_back(sink);
}

std::string version_text() { return SEG_VERSION; }

}  // namespace seg
