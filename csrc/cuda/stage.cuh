#pragma once
// How a block copies what it reduces into shared memory: as it lies, 16 bytes a thread, so that
// memory is read as one stream whatever the shape of it. Several blocks of an SM overlap: while one
// reduces, the others' copies are under way.

#include <cuda_pipeline_primitives.h>

#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// Room for a tile, wherever in a line it begins.
struct alignas(kLineBytes) Stage {
  uint4 vectors[(kStageBytes + kLineBytes) / sizeof(uint4)];
};

// Copies elements that lie side by side to the same place in a line of `stage`, and returns where
// the first of them is.
template <class T>
__device__ __forceinline__ const T* copy_run(const T* run, int length, Stage& stage) {
  constexpr int kSize = Vector<T>::kSize;
  const int skew = static_cast<int>(reinterpret_cast<uintptr_t>(run) % kLineBytes / sizeof(T));
  T* copy = reinterpret_cast<T*>(stage.vectors) + skew;
  // Of the first and the last vector only a part may belong to the run: nothing else is read.
  const int head = min((kSize - skew % kSize) % kSize, length);
  const int vectors = (length - head) / kSize;
  const int tail = head + vectors * kSize;
#pragma unroll 4
  for (int i = threadIdx.x; i < vectors; i += kStageThreads)
    __pipeline_memcpy_async(copy + head + i * kSize, run + head + i * kSize, sizeof(uint4));
  if (threadIdx.x < head) copy[threadIdx.x] = run[threadIdx.x];
  if (tail + threadIdx.x < length) copy[tail + threadIdx.x] = run[tail + threadIdx.x];
  return copy;
}

// Copies rows that are `pitch` elements apart so that they lie end to end. Out of line, where it
// does not stand between the instructions of the usual case.
template <class T>
__device__ __noinline__ const T* copy_rows(const T* rows, int64_t pitch, int count, int length,
                                           Stage& stage) {
  T* copy = reinterpret_cast<T*>(stage.vectors);
  for (int i = threadIdx.x; i < count * length; i += kStageThreads) {
    const int row = static_cast<unsigned>(i) / length;
    copy[i] = rows[row * pitch + (i - row * length)];
  }
  return copy;
}

// Copies `count` runs of `length` elements, `pitch` apart, so that they lie end to end, and waits
// for them. All threads take part. Returns where the first of them is.
template <class T>
__device__ __forceinline__ const T* copy_tile(const T* runs, int64_t pitch, int count, int length,
                                              Stage& stage) {
  const T* copy = pitch == length ? copy_run(runs, count * length, stage)
                                  : copy_rows(runs, pitch, count, length, stage);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  return copy;
}

}  // namespace torch_argmax::cuda
