#pragma once

#include "../plan.h"

namespace torch_argmax::cpu {

// The kernels of this device, in order of preference. Each is in <name>.cpp.
const Kernels& kernels();

// Columns whose candidates a task of `columns` keeps on its stack: 12 KB of them at the most, so
// that they stay in the first-level cache.
constexpr int kMaxColumns = 1024;

}  // namespace torch_argmax::cpu
