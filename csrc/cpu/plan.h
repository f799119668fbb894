#pragma once

#include "../plan.h"

namespace torch_argmax::cpu {

// The kernels of this device, in order of preference. Each is in <name>.cpp.
const Kernels& kernels();

// Of a row of a tile of columns.
constexpr int kColumnTileBytes = 4096;
// Adjacent rows are read together up to this.
constexpr int kWideRowBytes = 1024;

}  // namespace torch_argmax::cpu
