// What happens during a run, as small records, and who is told.
//
//   name          values (what is not known is null)
//   start         name, loss, seed, iterations, dataset, settings (the main ones by their key): one for each start or resume; the first describes the
//   run train         loss, cross_entropy, learning_rate, images_per_second, data_wait (share of time, 0..1), seconds_left, iterations (of the run)
//   validating    a validation begins
//   validation    the scores of report.json
//   panels        folder: the pictures of the newest best validation lie there (report/panels.hpp)
//   saving        the writing of a checkpoint begins
//   checkpoint    path
//   bad_step      loss, gradient_norm, images: a step that was not finite and was undone
//   skip          what was left out, and why
//   end           how the run ended
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace seg {

/// Now, in seconds since 1970 (UTC).
double utc_seconds();

struct Event {
  std::string name;
  std::int64_t iteration = 0;                                        // updates made so far
  nlohmann::ordered_json values = nlohmann::ordered_json::object();  // numbers that are not finite are written as null
  double time = utc_seconds();
};

class Reporter {
 public:
  virtual ~Reporter() = default;

  /// Never throws for a full disk or a closed terminal: telling about a run must not end it.
  virtual void report(const Event& event) = 0;
};

}  // namespace seg
