#include "report/events.hpp"

#include <chrono>

namespace seg {

double utc_seconds() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace seg
