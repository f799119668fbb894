// column_tile: neighbouring elements belong to neighbouring results; a block for each tile of them.

#include "../columns.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kColumnTileThreads, kResidentThreads / kColumnTileThreads)
    column_tile(const __grid_constant__ FewDimsWork work) {
  using Scan = ColumnScan<T, order, kThreadBytes>;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    Scan scan(work, box, outer);
    scan.see(0, static_cast<int>(box.reduce.size()));
    scan.template finish<false>([&](int column, int row) {
      store_result<T>(work, work.inner_at(outer, box.inner.begin + column),
                      row * work.reduced_step);
    });
  }
}

const Registration registration("column_tile", [](auto type, auto order) {
  return &column_tile<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
