#include "config/text_visitor.hpp"

#include <cmath>
#include <filesystem>

#include "base/error.hpp"
#include "config/format.hpp"

namespace seg::config {
namespace {

// What a saved configuration holds: it must mean the same in any working directory, and be readable again.
template <class Value>
Value saved(const Value& value, const About&) {
  return value;
}

double saved(double value, const About&) {
  if (!std::isfinite(value)) throw Error(ErrorKind::kInternal, format(value) + " is not finite and cannot be saved");
  return value;
}

std::string saved(const std::string& value, const About& about) {
  return about.path && !value.empty() ? std::filesystem::absolute(value).lexically_normal().string() : value;
}

template <class Item>
std::vector<Item> saved(std::vector<Item> value, const About& about) {
  for (Item& item : value) item = saved(item, about);
  return value;
}

std::map<std::string, double> saved(const std::map<std::string, double>& value, const About& about) {
  for (const auto& entry : value) saved(entry.second, about);
  return value;
}

}  // namespace

std::string TextVisitor::prefix() const {
  std::string path;
  for (const std::string& block : blocks_) path += block + ".";
  return path;
}

template <class Value>
void TextVisitor::show(const std::string& name, const Value& value, const About& about) {
  std::string text;
  try {
    text = format(paths_ == Paths::kAbsolute ? saved(value, about) : value);
  } catch (const Error& error) {
    throw Error(error.kind, prefix() + name + ": " + error.what(), error.hint);
  }
  line(name, text, about);
}

template void TextVisitor::show(const std::string&, const bool&, const About&);
template void TextVisitor::show(const std::string&, const std::int64_t&, const About&);
template void TextVisitor::show(const std::string&, const double&, const About&);
template void TextVisitor::show(const std::string&, const std::string&, const About&);
template void TextVisitor::show(const std::string&, const Size&, const About&);
template void TextVisitor::show(const std::string&, const std::vector<std::int64_t>&, const About&);
template void TextVisitor::show(const std::string&, const std::vector<double>&, const About&);
template void TextVisitor::show(const std::string&, const std::vector<std::string>&, const About&);
template void TextVisitor::show(const std::string&, const std::map<std::string, double>&, const About&);

}  // namespace seg::config
