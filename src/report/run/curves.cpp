#include "report/run/curves.hpp"

#include "report/run/metrics_log.hpp"
#include "report/run/run_paths.hpp"
#include "scores/scores.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

/// Appends the numbers (and nulls) of `values`; text and lists are skipped.
void append(std::map<std::string, Curve>& curves, std::int64_t iteration, const OrderedJson& values) {
  for (const auto& [name, value] : values.items()) {
    if (value.is_number())
      curves[name].emplace_back(iteration, value.get<double>());
    else if (value.is_null())
      curves[name].emplace_back(iteration, std::nullopt);
  }
}

void append_by_class(std::map<std::string, Curve>& curves, const Event& event, const char* key) {
  const auto found = event.values.find(key);
  if (found != event.values.end() && found->is_object()) append(curves, event.iteration, *found);
}

}  // namespace

RunCurves read_curves(const std::filesystem::path& directory) {
  RunCurves curves;
  for_each_event(RunPaths{directory}.metrics(), [&](Event event) {
    curves.iteration = event.iteration;
    curves.end.reset();
    if (event.kind == EventKind::kTrain) {
      append(curves.training, event.iteration, event.values);
      append_by_class(curves.weights, event, "class_weights");
      append_by_class(curves.recalls, event, "class_recalls");
      append_by_class(curves.ious, event, "class_ious");
    } else if (event.kind == EventKind::kValidation) {
      append(curves.validation, event.iteration, event.values);
    } else if (event.kind == EventKind::kStart) {
      curves.start = std::move(event.values);
    } else if (event.kind == EventKind::kEnd) {
      curves.end = std::move(event);
    }
  });
  return curves;
}

Curve thinned(const Curve& curve, std::size_t count) {
  if (curve.size() <= count) return curve;
  Curve thin;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * curve.size() / count;
    const std::size_t end = (i + 1) * curve.size() / count;
    Mean mean;
    for (std::size_t j = begin; j < end; ++j) mean.add(curve[j].second);
    thin.emplace_back(curve[end - 1].first, mean.value());
  }
  return thin;
}

OrderedJson json_of(const Curve& curve) {
  OrderedJson points = OrderedJson::array();
  for (const auto& [iteration, value] : curve) points.push_back({iteration, value ? OrderedJson(*value) : OrderedJson(nullptr)});
  return points;
}

}  // namespace seg
