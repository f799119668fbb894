#pragma once

#include "../plan.h"
#include "../portable.h"

namespace torch_argmax::cuda {

// The kernels of this device, in order of preference. Each is in kernels/<name>.cu.
const Kernels& kernels();

constexpr int64_t kMaxGrid = (int64_t{1} << 31) - 1;

// A warp whose first vector begins a cache line touches the fewest lines.
constexpr int kLineBytes = 128;

// Threads that every kernel's __launch_bounds__ let an SM hold, by 64 registers each; as many
// blocks of a cooperative launch can count on being resident together.
constexpr int kResidentThreads = 1024;

// Launch shapes that a kernel's __launch_bounds__ and shared memory are sized by.
constexpr int kRowStageThreads = 128;
constexpr int kRowStageBytes = 16 << 10;
constexpr int kRowWarpThreads = 256;
constexpr int kMaxRowBlockThreads = 1024;
constexpr int kRowClusterThreads = 256;
constexpr int kRowGridThreads = 512;
constexpr int kMaxColumnThreads = 512;
constexpr int kMaxStridedThreads = 256;

// Blocks of the largest cluster that every GPU with clusters has, and that any has.
constexpr int kPortableCluster = 8;
constexpr int kMaxCluster = 16;

// Columns that one thread of column_tile owns: those of a 4-byte word.
constexpr TA_HOST_DEVICE int columns_per_thread(int element_size) {
  return element_size < 4 ? 4 / element_size : 1;
}

}  // namespace torch_argmax::cuda
