#pragma once

#include "../plan.h"
#include "../portable.h"

namespace torch_argmax::cuda {

// The kernels of this device, in order of preference. Each is in kernels/<name>.cu.
const Kernels& kernels();

constexpr int64_t kMaxGrid = (int64_t{1} << 31) - 1;

// Launch shapes that a kernel's __launch_bounds__ and shared memory are sized by. The bounds also
// ask for 1024 threads an SM, which leaves 64 registers a thread.
constexpr int kMaxRowWarpThreads = 256;
constexpr int kMaxRowBlockThreads = 512;
constexpr int kMaxColumnThreads = 512;
constexpr int kMaxStridedThreads = 256;

// Columns that one thread of column_tile owns: those of a 4-byte word.
constexpr TA_HOST_DEVICE int columns_per_thread(int element_size) {
  return element_size < 4 ? 4 / element_size : 1;
}

}  // namespace torch_argmax::cuda
