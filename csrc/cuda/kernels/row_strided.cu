// row_strided: rows of evenly spaced elements.
//
//   block:  threads / lanes rows, or a part of one
//   row:    `lanes` neighbouring threads (1 to 256), each with some elements in flight

#include "../grid.cuh"
#include "../launch.h"
#include "../line.cuh"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kStridedThreads, kResidentThreads / kStridedThreads)
    row_strided(const __grid_constant__ FewDimsWork work) {
  const Lanes lanes(work.lanes);
  const int64_t boxes = work.tiling.boxes(), splits = work.tiling.splits();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const int64_t rows = splits == 1 ? number : quotient(number, splits);
    const Box box = work.tiling.box(rows, number - rows * splits, 0);
    // Past the last row threads look at it once more, so that whole blocks stay together.
    const int64_t wanted = box.outer.begin + lanes.group();
    const int64_t row = min(wanted, box.outer.end - 1);
    serve_line<T, order>(work, box, row, work.outer_at(row), row == wanted, lanes, 1);
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("row_strided", [](auto type, auto order) {
  return &row_strided<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
