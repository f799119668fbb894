// row_stage: short contiguous rows, many of them staged through shared memory.
//
//   block:  a tile of rows, about 16 KB; it is copied as it lies, 16 bytes a thread, so that memory
//           is read as one stream whatever the length of a row
//   row:    `lanes` neighbouring threads (1 to 32) reading it from shared memory: by vectors where
//           every row begins at one, by elements where not
//
// Several blocks of an SM overlap: while one reduces its rows the others' copies are under way.

#include <cuda_pipeline_primitives.h>

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

// Copies elements that lie side by side to the same place in a 16-byte vector of `stage`, and
// returns where the first of them is.
template <class T>
__device__ __forceinline__ const T* copy_run(const T* run, int length, uint4* stage) {
  constexpr int kSize = Vector<T>::kSize;
  const int skew = static_cast<int>(reinterpret_cast<uintptr_t>(run) % sizeof(uint4) / sizeof(T));
  T* copy = reinterpret_cast<T*>(stage) + skew;
  // Of the first and the last vector only a part may belong to the run: nothing else is read.
  const int head = min((kSize - skew) % kSize, length);
  const int vectors = (length - head) / kSize;
  const int tail = head + vectors * kSize;
#pragma unroll 4
  for (int i = threadIdx.x; i < vectors; i += kRowStageThreads)
    __pipeline_memcpy_async(copy + head + i * kSize, run + head + i * kSize, sizeof(uint4));
  if (threadIdx.x < head) copy[threadIdx.x] = run[threadIdx.x];
  if (tail + threadIdx.x < length) copy[tail + threadIdx.x] = run[tail + threadIdx.x];
  return copy;
}

// Copies rows that are `pitch` elements apart so that they lie end to end. Out of line, where it
// does not stand between the instructions of the usual case.
template <class T>
__device__ __noinline__ const T* copy_rows(const T* rows, int64_t pitch, int count, int length,
                                           uint4* stage) {
  T* copy = reinterpret_cast<T*>(stage);
  for (int i = threadIdx.x; i < count * length; i += kRowStageThreads) {
    const int row = static_cast<unsigned>(i) / length;
    copy[i] = rows[row * pitch + (i - row * length)];
  }
  return copy;
}

template <Order order, int kBytes, class T, class Best>
__device__ __forceinline__ void see_vectors(Best& best, const T* row, int length, int lane,
                                            int lanes) {
  constexpr int kSize = Vector<T, kBytes>::kSize;
  for (int first = lane * kSize; first < length; first += lanes * kSize) {
    const auto vector = *reinterpret_cast<const Vector<T, kBytes>*>(row + first);
#pragma unroll
    for (int i = 0; i < kSize; ++i)
      best.see(rank_of<order>(vector[i]), first + i);
  }
}

// The best of `row[0, length)` that falls to `lane` of `lanes`, read by so many bytes at a time.
template <Order order, class T>
__device__ __forceinline__ auto best_of(const T* row, int length, int bytes, int lane, int lanes) {
  Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
  if (bytes == 16) {
    see_vectors<order, 16>(best, row, length, lane, lanes);
  } else if (bytes == 8 && sizeof(T) < 8) {
    see_vectors<order, 8>(best, row, length, lane, lanes);
  } else {
#pragma unroll 8
    for (int i = lane; i < length; i += lanes)
      best.see(rank_of<order>(row[i]), i);
  }
  return best;
}

template <class T, Order order>
__global__ void __launch_bounds__(kRowStageThreads)
    row_stage(const __grid_constant__ FewDimsWork work) {
  __shared__ uint4 stage[kRowStageBytes / sizeof(uint4) + 1];
  // A power of two, which the compiler does not know.
  const int lanes = work.lanes, log2_lanes = __ffs(lanes) - 1;
  const int lane = threadIdx.x & (lanes - 1), thread_row = threadIdx.x >> log2_lanes;
  const int length = static_cast<int>(work.tiling.space().reduce);
  int64_t number = blockIdx.x;
  do {
    const Box box = work.tiling.box(number, 0, 0);
    const int count = static_cast<int>(box.outer.size());
    const T* rows = static_cast<const T*>(work.input) + work.even_outer_at(box.outer.begin).offset;
    const int64_t pitch = work.outer_count == 0 ? length : work.outer_stride;
    const T* copy = pitch == length ? copy_run(rows, count * length, stage)
                                    : copy_rows(rows, pitch, count, length, stage);
    __pipeline_commit();
    __pipeline_wait_prior(0);
    __syncthreads();

    const int pieces = static_cast<int>(reinterpret_cast<uintptr_t>(copy)) | length * sizeof(T);
    const int bytes = pieces % 16 == 0 ? 16 : pieces % 8 == 0 ? 8 : sizeof(T);
    for (int first = 0; first < count; first += kRowStageThreads >> log2_lanes) {
      // Past the last row the lanes look at it once more, so that whole warps stay together.
      const int row = min(first + thread_row, count - 1);
      const auto best =
          combine_in_warp(best_of<order>(copy + row * length, length, bytes, lane, lanes), lanes);
      if (lane == 0 && row == first + thread_row) {
        const int64_t result = box.outer.begin + row;
        store_result<T>(work, work.even_outer_at(result), best.index * work.reduced_step,
                        copy + row * length + best.index);
      }
    }
    __syncthreads();  // before the stage is filled again
    number += gridDim.x;
  } while (number < work.tiling.boxes());
}

const Registration registration("row_stage", [](auto type, auto order) {
  return &row_stage<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
