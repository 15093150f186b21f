// The events of a run as they stand in its metrics.jsonl, one after another.
#pragma once

#include <filesystem>
#include <functional>

#include "report/events.hpp"

namespace seg {

/// Calls `take` with each event. Lines that are no event are passed over: the last one may be torn. Throws kData where the
/// directory holds no run.
void for_each_event(const std::filesystem::path& directory, const std::function<void(Event)>& take);

}  // namespace seg
