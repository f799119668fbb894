// row_stage: short contiguous rows, many of them staged through shared memory.
//
//   block:  a tile of rows, about 16 KB
//   row:    `lanes` neighbouring threads (1 to 32) reading it from shared memory: by vectors where
//           every row begins at one, by elements where not

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../stage.cuh"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

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
__global__ void __launch_bounds__(kStageThreads)
    row_stage(const __grid_constant__ FewDimsWork work) {
  __shared__ Stage stage;
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
    const T* copy = copy_tile(rows, pitch, count, length, stage);

    const int pieces = static_cast<int>(reinterpret_cast<uintptr_t>(copy)) | length * sizeof(T);
    const int bytes = pieces % 16 == 0 ? 16 : pieces % 8 == 0 ? 8 : sizeof(T);
    for (int first = 0; first < count; first += kStageThreads >> log2_lanes) {
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
  } while (number * work.tiling.tile().outer < work.tiling.space().outer);
}

const Registration registration("row_stage", [](auto type, auto order) {
  return &row_stage<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
