#include "ops/cpu/isa.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace seg::cpu {
namespace {

struct NamedSet {
  std::string name;
  InstructionSet set;
};

/// From the simplest to the best.
std::vector<NamedSet> sets_of_this_processor() {
  std::vector<NamedSet> sets{{"portable", InstructionSet::kPortable}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back({"avx2", InstructionSet::kAvx2});
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    sets.push_back({"avx512", InstructionSet::kAvx512});
#endif
  return sets;
}

}  // namespace

InstructionSet instruction_set_named(const char* wanted) {
  const std::vector<NamedSet> sets = sets_of_this_processor();
  if (wanted == nullptr) return sets.back().set;
  std::string possible;
  for (const NamedSet& known : sets) {
    if (known.name == wanted) return known.set;
    possible += (possible.empty() ? "" : ", ") + known.name;
  }
  throw Error(ErrorKind::kConfiguration, "SEG_KERNELS=" + std::string(wanted) + ": this processor does not support these kernels",
              "unset it, or choose one of " + possible);
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = instruction_set_named(std::getenv("SEG_KERNELS"));
  return chosen;
}

}  // namespace seg::cpu
