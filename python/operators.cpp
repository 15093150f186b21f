// The library that python/segtrain/operators.py loads: it registers the operators for PyTorch.
#include "ops/class_sums.hpp"

// Refers to the file that registers the operator; otherwise the linker would leave it out.
extern "C" __attribute__((visibility("default"))) const void* segtrain_operators() { return reinterpret_cast<const void*>(&seg::class_sums); }
