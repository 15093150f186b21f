// Sets how long the compute threads of a program spin while they wait for each other, before OpenMP reads its environment.
//
// LibTorch computes on libgomp's threads, which spin for milliseconds before they sleep. That costs nothing if no other work uses the cores. Beside
// other work, the thread that all others wait for does not get a core, and steps take several times as long (docs/speed.md). With a small
// GOMP_SPINCOUNT the threads sleep soon. libgomp reads that variable once, in its constructor, which runs before main(). Therefore the program
// restarts itself with the variable set, before any constructor has run; this takes as long as mapping the libraries. If it cannot, it continues
// without. A GOMP_SPINCOUNT or OMP_WAIT_POLICY set by the user is not changed.

#include <sys/auxv.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace {

const char kSpinCount[] = "GOMP_SPINCOUNT=5000";

bool is_set(char** environment, const char* name) {
  const std::size_t length = std::strlen(name);
  for (char** variable = environment; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, name, length) == 0 && (*variable)[length] == '=') return true;
  return false;
}

/// At this point the C library has initialised neither its environment nor its memory.
void start_with_spin_count(int /*count*/, char** arguments, char** environment) {
  if (is_set(environment, "GOMP_SPINCOUNT") || is_set(environment, "OMP_WAIT_POLICY")) return;
  // Not for a privileged program, and not if the dynamic linker was called with the program as its argument.
  if (getauxval(AT_SECURE) != 0 || getauxval(AT_BASE) == 0) return;
  const auto* const program = reinterpret_cast<const char*>(getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr): the kernel passes a number
  std::size_t size = 0;
  while (environment[size] != nullptr) ++size;
  auto** const extended = static_cast<char**>(__builtin_alloca((size + 2) * sizeof(char*)));
  std::memcpy(extended, environment, size * sizeof(char*));
  extended[size] = const_cast<char*>(kSpinCount);
  extended[size + 1] = nullptr;
  if (program != nullptr) execve(program, arguments, extended);
}

}  // namespace

// The dynamic linker calls the functions in this section before all constructors, including those of libraries.
__attribute__((section(".preinit_array"), used)) static void (*const kBeforeConstructors)(int, char**, char**) = start_with_spin_count;
