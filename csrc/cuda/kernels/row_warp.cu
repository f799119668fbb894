// row_warp: short contiguous rows, up to a warp for each.
//
//   block:  threads / lanes rows, one above the other
//   row:    `lanes` neighbouring threads (1 to 32), each reading every lanes-th 16-byte vector
//
// With few lanes a row, a warp's loads still cover neighbouring rows and so contiguous memory.

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kMaxRowWarpThreads, 4)
    row_warp(const __grid_constant__ Work work) {
  const T* input = static_cast<const T*>(work.input);
  const int lane = threadIdx.x % work.lanes;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    // Past the last row the lanes read it once more, so that whole warps stay together.
    const int64_t wanted = box.outer.begin + threadIdx.x / work.lanes;
    const int64_t row = min(wanted, box.outer.end - 1);
    const Place place = work.outer_at(row);
    auto best =
        scan<order>(input + place.offset, static_cast<int>(box.reduce.size()), lane, work.lanes);
    best = combine_in_warp(best, work.lanes);
    if (lane == 0 && row == wanted) {
      store<T>(work, box, row, place, best.rank, best.index * work.reduced().step);
    }
  }
}

const Registration registration("row_warp", [](auto type, auto order) {
  return &row_warp<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
