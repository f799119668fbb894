#pragma once

#include "../plan.h"

namespace torch_argmax::cpu {

// The kernels of this device, in order of preference. Each is in generic/<name>.h.
const Kernels& kernels();

// Of a row of a tile of columns at most, so that its candidates stay in the caches; and of so few
// rows that there is less to gain from reading far along each. On a Xeon (Sapphire Rapids), one
// thread, 2026-11-26, of the read floor with 1, 4 and 16 KB: (8192, 8192) dim 0 int8 0.65, 0.92,
// 0.99, float32 0.62, 0.79, 0.87; (4, 21, 512, 512) dim 1 float16 0.82, 0.87, 0.77.
constexpr int kColumnTileBytes = 16384;
constexpr int kShortColumnTileBytes = 4096;
constexpr int kShortColumn = 64;

}  // namespace torch_argmax::cpu
