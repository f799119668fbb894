// column_stage: small slabs of columns, many of them staged through shared memory.
//
//   block:   a tile of slabs, about 7 KB
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
  const Extents space = work.tiling.space();
  const int columns = static_cast<int>(space.inner), length = static_cast<int>(space.reduce);
  const int slab = length * columns;
  const int64_t tile = work.tiling.tile().outer, begin = blockIdx.x * tile;
  const int results = static_cast<int>(min(tile, space.outer - begin)) * columns;
  const T* slabs = static_cast<const T*>(work.input) + work.even_outer_at(begin).offset;
  const int64_t pitch = work.outer_count == 0 ? slab : work.outer_stride;
  const T* const copy = stage<T>() + copy_tile(slabs, pitch, results / columns, slab);

  const Lanes lanes(work.lanes);
  const bool stores_as_found = work.stores_as_found(work.inner_step) && work.outer_step == columns;
  for (int first = 0; first < results; first += lanes.groups(kStageThreads)) {
    // Past the last result the lanes look at it once more, so that whole warps stay together.
    const int wanted = first + lanes.group(), result = min(wanted, results - 1);
    const int outer = static_cast<unsigned>(result) / columns, column = result - outer * columns;
    const T* const elements = copy + outer * slab + column;
    Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
    int i = lanes.lane;
#pragma unroll 8
    for (int turns = lanes.turns(length); turns > 0; --turns, i += lanes.count)
      best.see(rank_of<order>(elements[i * columns]), i);
    best = combine_in_warp(best, lanes.count);
    if (lanes.lane != 0 || result != wanted) continue;
    if (stores_as_found) {
      store_as_found(work, begin * columns + result, best.index);
    } else {
      const Place place = work.inner_at(work.even_outer_at(begin + outer), column);
      store_result<T>(work, place, best.index * work.reduced_step, elements + best.index * columns);
    }
  }
}

const Registration registration("column_stage", [](auto type, auto order) {
  return &column_stage<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
