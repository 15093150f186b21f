// How an options struct declares its fields, once, for parsing, printing, help and comparison.
//
//   struct PolyOptions {
//     double power = 0.9;
//     void fields(config::Visitor& v) { v.field("power", power, {.help = "exponent of the decay", .min = 0.0, .max = 10.0}); }
//   };
//   struct ScheduleOptions {
//     std::string type = "poly";
//     PolyOptions poly;
//     void fields(config::Visitor& v) {
//       v.field("type", type, {.help = "how the learning rate falls", .choices = {"constant", "poly"}});
//       v.block("poly", poly, "polynomial decay");
//     }
//   };
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/size.hpp"

namespace seg::config {

/// What a field says about itself.
struct About {
  std::string help = {};                                  // one line, no full stop
  std::string unit = {};                                  // "pixels", "seconds"; empty where there is none
  double min = -std::numeric_limits<double>::infinity();  // smallest value of a number or of each number in a list, map or size
  double max = std::numeric_limits<double>::infinity();   // largest, likewise
  std::vector<std::string> choices = {};                  // all values a string, an element of a string list or a map's key may have; empty: any
  bool harmless = false;                                  // may differ when a run is resumed: it changes no weight
  bool path = false;                                      // a path: saved absolute
  std::string instead_of = {};  // the field beside it that says the same otherwise: a later file or --set that sets one drops the other
};

class Visitor {
 public:
  virtual ~Visitor() = default;

  virtual void field(const std::string& name, bool& value, const About& about) = 0;
  virtual void field(const std::string& name, std::int64_t& value, const About& about) = 0;
  virtual void field(const std::string& name, double& value, const About& about) = 0;
  virtual void field(const std::string& name, std::string& value, const About& about) = 0;
  virtual void field(const std::string& name, Size& value, const About& about) = 0;  // [height, width]
  virtual void field(const std::string& name, std::vector<std::int64_t>& value, const About& about) = 0;
  virtual void field(const std::string& name, std::vector<double>& value, const About& about) = 0;
  virtual void field(const std::string& name, std::vector<std::string>& value, const About& about) = 0;
  virtual void field(const std::string& name, std::map<std::string, double>& value, const About& about) = 0;

  template <class Options>
  void block(const std::string& name, Options& options, const std::string& help) {
    enter(name, help);
    options.fields(*this);
    leave();
  }

 protected:
  virtual void enter(const std::string& name, const std::string& help) = 0;
  virtual void leave() = 0;
};

}  // namespace seg::config
