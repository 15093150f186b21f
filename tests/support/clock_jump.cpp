// Preloaded, makes the wall clock jump: an hour back at each call, a year forth at every tenth. The monotonic clock stays.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace {

constexpr time_t kHour = 3600;
constexpr time_t kYear = 365 * 24 * kHour;

time_t jumped(time_t seconds) {
  static std::atomic<int> calls = 0;
  const int call = ++calls % 10;
  return call == 9 ? seconds + kYear : seconds - kHour * call;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto code = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (code == 0 && clock == CLOCK_REALTIME) now->tv_sec = jumped(now->tv_sec);
  return code;
}

time_t time(time_t* result) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

}  // extern "C"
