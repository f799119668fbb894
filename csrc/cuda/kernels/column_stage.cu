// column_stage: small slabs of columns, many of them staged through shared memory.
//
//   block:   a tile of slabs, about 16 KB
//   result:  a column of a slab, read by `lanes` neighbouring threads (1 to 32)

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../stage.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kStageThreads)
    column_stage(const __grid_constant__ FewDimsWork work) {
  __shared__ Stage stage;
  // A power of two, which the compiler does not know.
  const int lanes = work.lanes, log2_lanes = __ffs(lanes) - 1;
  const int lane = threadIdx.x & (lanes - 1), thread_result = threadIdx.x >> log2_lanes;
  const int columns = static_cast<int>(work.tiling.space().inner);
  const int length = static_cast<int>(work.tiling.space().reduce), slab = length * columns;
  int64_t number = blockIdx.x;
  do {
    const Box box = work.tiling.box(number, 0, 0);
    const int count = static_cast<int>(box.outer.size()), results = count * columns;
    const T* slabs = static_cast<const T*>(work.input) + work.even_outer_at(box.outer.begin).offset;
    const int64_t pitch = work.outer_count == 0 ? slab : work.outer_stride;
    const T* copy = copy_tile(slabs, pitch, count, slab, stage);

    for (int first = 0; first < results; first += kStageThreads >> log2_lanes) {
      // Past the last result the lanes look at it once more, so that whole warps stay together.
      const int result = min(first + thread_result, results - 1);
      const int outer = static_cast<unsigned>(result) / columns, column = result - outer * columns;
      const T* elements = copy + outer * slab + column;
      Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
#pragma unroll 8
      for (int i = lane; i < length; i += lanes)
        best.see(rank_of<order>(elements[i * columns]), i);
      best = combine_in_warp(best, lanes);
      if (lane == 0 && result == first + thread_result) {
        const Place place = work.inner_at(work.even_outer_at(box.outer.begin + outer), column);
        store_result<T>(work, place, best.index * work.reduced_step,
                        elements + best.index * columns);
      }
    }
    __syncthreads();  // before the stage is filled again
    number += gridDim.x;
  } while (number * work.tiling.tile().outer < work.tiling.space().outer);
}

const Registration registration("column_stage", [](auto type, auto order) {
  return &column_stage<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
