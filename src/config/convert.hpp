// One node of the tree -> the value of one field, checked against what the field says about itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "config/node.hpp"

namespace seg::config {

struct Field {
  std::string key;  // in full: "train.batch_size"
  const About& about;
};

/// All throw kConfiguration at the node: another kind of value, text that is no such value, out of range, not a choice.
void convert(const Node& node, const Field& field, bool& value);
void convert(const Node& node, const Field& field, std::int64_t& value);
void convert(const Node& node, const Field& field, double& value);
void convert(const Node& node, const Field& field, std::string& value);  // true, 01 and 5 are text too, as they are written
void convert(const Node& node, const Field& field, Size& value);         // [384, 768] or 384x768
void convert(const Node& node, const Field& field, std::vector<std::int64_t>& value);
void convert(const Node& node, const Field& field, std::vector<double>& value);
void convert(const Node& node, const Field& field, std::vector<std::string>& value);
/// Entries inherited from a base are left out: the map is one value.
void convert(const Node& node, const Field& field, std::map<std::string, double>& value);

}  // namespace seg::config
