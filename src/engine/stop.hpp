// SIGINT and SIGTERM: the first asks the run to save and stop at the next step, the second ends the program at once.
#pragma once

namespace seg {

/// Installs the handlers.
void watch_stop_signals();
/// The signal that asked to stop, or 0.
int stop_signal();

}  // namespace seg
