#include "support/process_use.hpp"

#include <sstream>
#include <string>

#include "support/support.hpp"

namespace seg::test {

ProcessUse use_of(pid_t process) {
  namespace fs = std::filesystem;
  ProcessUse use;
  std::error_code error;
  const fs::path folder = "/proc/" + std::to_string(process);
  std::istringstream status(fs::exists(folder / "status", error) ? read_text(folder / "status") : "");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) use.megabytes = std::stod(line.substr(6)) / 1024;
  for (fs::directory_iterator it(folder / "fd", error), end; !error && it != end; it.increment(error)) ++use.files;
  return use;
}

}  // namespace seg::test
