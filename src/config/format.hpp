// Values as YAML text that parse_yaml and convert take back to the same value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/size.hpp"

namespace seg::config {

std::string format(bool value);
std::string format(std::int64_t value);
/// The shortest digits that give the same number back; "inf" and "nan", which no field takes, for messages and help.
std::string format(double value);
/// Quoted where YAML would read something else; a dollar doubled, since "${" means a variable. Throws kConfiguration for
/// text that is not UTF-8, which YAML cannot hold.
std::string format(const std::string& value);
std::string format(const Size& value);
std::string format(const std::vector<std::int64_t>& value);
std::string format(const std::vector<double>& value);
std::string format(const std::vector<std::string>& value);
std::string format(const std::map<std::string, double>& value);

}  // namespace seg::config
