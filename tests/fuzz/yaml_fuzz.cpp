// The YAML loader: any text becomes options or a configuration error; what is read is printed and read back.
#include <map>
#include <vector>

#include "base/size.hpp"
#include "config/document.hpp"
#include "config/print.hpp"
#include "input.hpp"

namespace {

struct Inner {
  double rate = 0.5;
  std::vector<double> scales;
  std::map<std::string, double> weights;
  void fields(seg::config::Visitor& v) {
    v.field("rate", rate, {.help = "a number", .min = 0.0, .max = 1.0});
    v.field("scales", scales, {.help = "numbers"});
    v.field("weights", weights, {.help = "numbers by name"});
  }
};

struct Outer {
  std::string name;
  std::string kind = "a";
  bool on = false;
  std::int64_t count = 1;
  seg::Size size = {1, 2};
  std::vector<std::int64_t> ids;
  std::vector<std::string> names;
  Inner inner;
  void fields(seg::config::Visitor& v) {
    v.field("name", name, {.help = "text"});
    v.field("kind", kind, {.help = "a choice", .choices = {"a", "b"}});
    v.field("on", on, {.help = "a switch"});
    v.field("count", count, {.help = "a count", .min = 0});
    v.field("size", size, {.help = "a size", .min = 0, .max = 65536});
    v.field("ids", ids, {.help = "counts"});
    v.field("names", names, {.help = "texts"});
    v.block("inner", inner, "a block");
  }
};

Outer read(const std::string& text) {
  Outer options;
  seg::config::Document::from_text(text, "fuzz.yaml", {}).read_into(options);
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seg::fuzz::expect_error_at_most(seg::ErrorKind::kConfiguration, [&] {
    const std::string printed = seg::config::to_yaml(read({reinterpret_cast<const char*>(data), size}));
    if (seg::config::to_yaml(read(printed)) != printed) std::abort();
  });
  return 0;
}
