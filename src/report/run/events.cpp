#include "report/run/events.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace seg {

namespace {

using Named = std::pair<EventKind, std::string_view>;
constexpr std::array<Named, 10> kNames = {{{EventKind::kStart, "start"},
                                           {EventKind::kTrain, "train"},
                                           {EventKind::kValidating, "validating"},
                                           {EventKind::kValidation, "validation"},
                                           {EventKind::kPanels, "panels"},
                                           {EventKind::kSaving, "saving"},
                                           {EventKind::kCheckpoint, "checkpoint"},
                                           {EventKind::kBadStep, "bad_step"},
                                           {EventKind::kSkipped, "skipped"},
                                           {EventKind::kEnd, "end"}}};

}  // namespace

double utc_seconds() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string event_name(EventKind kind) { return std::string(std::ranges::find(kNames, kind, &Named::first)->second); }

std::optional<EventKind> event_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name, &Named::second);
  return found != kNames.end() ? std::optional(found->first) : std::nullopt;
}

}  // namespace seg
