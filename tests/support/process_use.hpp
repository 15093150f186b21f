// What a process holds: resident memory and open files.
#pragma once

#include <sys/types.h>

namespace seg::test {

struct ProcessUse {
  double megabytes = 0;  // resident
  int files = 0;
};

/// Zeros where there is no such process.
ProcessUse use_of(pid_t process);

}  // namespace seg::test
