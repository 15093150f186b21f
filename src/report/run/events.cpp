#include "report/run/events.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace seg {

namespace {

struct Named {
  EventKind kind;
  std::string_view name;
};

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

std::string event_name(EventKind kind) {
  return std::string(std::find_if(kNames.begin(), kNames.end(), [kind](const Named& one) { return one.kind == kind; })->name);
}

std::optional<EventKind> event_kind(std::string_view name) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(), [name](const Named& one) { return one.name == name; });
  return found != kNames.end() ? std::optional(found->kind) : std::nullopt;
}

}  // namespace seg
