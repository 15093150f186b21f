// What convolutions compute in, as a configuration says it.
#pragma once

#include "config/fields.hpp"

namespace seg {

enum class Precision { kAuto, kFp32, kBf16 };  // kAuto: bf16 where the hardware multiplies it

inline constexpr config::Name<Precision> kPrecisions[] = {{Precision::kAuto, "auto"}, {Precision::kFp32, "fp32"}, {Precision::kBf16, "bf16"}};

}  // namespace seg
