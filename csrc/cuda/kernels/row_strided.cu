// row_strided: rows of evenly spaced elements.
//
//   block:  threads / lanes rows, or a part of one
//   row:    `lanes` neighbouring threads (1 to 256), each with some elements in flight

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../line.cuh"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kStridedThreads, kResidentThreads / kStridedThreads)
    row_strided(const __grid_constant__ FewDimsWork work) {
  __shared__ Apart<kStridedThreads, Rank<T, order>, int> shared;
  const Lanes lanes(work.lanes);
  const int64_t boxes = work.tiling.boxes(), splits = work.tiling.splits();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const int64_t rows = splits == 1 ? number : quotient(number, splits);
    const Box box = work.tiling.box(rows, number - rows * splits, 0);
    // Past the last row threads look at it once more, so that whole blocks stay together.
    const int64_t wanted = box.outer.begin + lanes.group();
    const int64_t row = min(wanted, box.outer.end - 1);
    const Place place = work.outer_at(row);
    const T* line =
        static_cast<const T*>(work.input) + place.offset + box.reduce.begin * work.reduced_stride;
    auto best =
        best_of_line<order>(line, static_cast<int>(box.reduce.size()), work.reduced_stride, lanes);
    best = combine_in_warp(best, min(lanes.count, 32));
    combine_apart(best, lanes.lane / 32, lanes.count / 32, 32, shared);
    if (lanes.lane == 0 && row == wanted) {
      store<T>(work, box.split, row, place, key_of(best.rank),
               (box.reduce.begin + best.index) * work.reduced_step);
    }
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("row_strided", [](auto type, auto order) {
  return &row_strided<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
