#pragma once
// How a block copies what it reduces into shared memory: as it lies, 16 bytes a thread, so that
// memory is read as one stream whatever the shape of it. Several blocks of an SM overlap: while one
// reduces, the others' copies are under way.

#include <cuda_pipeline_primitives.h>

#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// A block's room for the copy of a tile, at the beginning of a cache line.
template <class T>
__device__ __forceinline__ T* stage() {
  extern __shared__ __align__(kLineBytes) uint4 memory[];
  return reinterpret_cast<T*>(memory);
}

// Copies elements that lie side by side to the same place in a line of the stage, and returns which
// of its elements is the first.
template <class T>
__device__ __forceinline__ int copy_run(const T* run, int length) {
  constexpr int kSize = Vector<T>::kSize;
  const int skew = static_cast<int>(reinterpret_cast<uintptr_t>(run) % kLineBytes / sizeof(T));
  // Of the first and the last vector only a part may belong to the run: nothing else is read.
  const int head = min((kSize - skew % kSize) % kSize, length);
  const int vectors = (length - head) / kSize;
  T* const copy = stage<T>() + skew;
  const T* from = run + head + threadIdx.x * kSize;
  T* to = copy + head + threadIdx.x * kSize;
#pragma unroll 1
  for (int i = threadIdx.x; i < vectors; i += kStageThreads) {
    __pipeline_memcpy_async(to, from, sizeof(uint4));
    from += kStageThreads * kSize;
    to += kStageThreads * kSize;
  }
  const int tail = head + vectors * kSize + threadIdx.x;
  if (threadIdx.x < head) copy[threadIdx.x] = run[threadIdx.x];
  if (tail < length) copy[tail] = run[tail];
  return skew;
}

// Copies rows that are `pitch` elements apart so that they lie end to end from the beginning of the
// stage. Out of line, where it does not stand between the instructions of the usual case.
template <class T>
__device__ __noinline__ void copy_rows(const T* rows, int64_t pitch, int count, int length) {
  T* const copy = stage<T>();
  for (int i = threadIdx.x; i < count * length; i += kStageThreads) {
    const int row = static_cast<unsigned>(i) / length;
    copy[i] = rows[row * pitch + (i - row * length)];
  }
}

// Copies `count` runs of `length` elements, `pitch` apart, so that they lie end to end, and waits
// for them. All threads take part. Returns which element of the stage is the first: not a pointer,
// which would be one to any memory, by which loads are slower.
template <class T>
__device__ __forceinline__ int copy_tile(const T* runs, int64_t pitch, int count, int length) {
  int first = 0;
  if (pitch == length) {
    first = copy_run(runs, count * length);
  } else {
    copy_rows(runs, pitch, count, length);
  }
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  return first;
}

}  // namespace torch_argmax::cuda
