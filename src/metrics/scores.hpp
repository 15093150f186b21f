// From pixel counts to scores; the definitions stand in report/scores.hpp.
#pragma once

#include "report/scores.hpp"

namespace seg {

Scores compute_scores(const ConfusionTable& table);

}  // namespace seg
