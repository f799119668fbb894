// column_tile: neighbouring elements belong to neighbouring results; a block for each tile of them.

#include "../columns.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kColumnTileThreads, sizeof(T) < 4 ? 3 : 4)
    column_tile(const __grid_constant__ FewDimsWork work) {
  // With 16 of float32, (128, 4096, 4095) took 4272 us instead of 3097 (H100, 2026-11-24).
  constexpr int kElementLoads = sizeof(T) < 4 ? 16 : 8;
  using Scan = ColumnScan<T, order, kColumnTileThreads, kThreadBytes, kElementLoads>;
  __shared__ typename Scan::Shared shared;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    Scan scan(work, box, outer);
    scan.see(0, static_cast<int>(box.reduce.size()));
    scan.template finish<false>(shared, [&](int column, int row) {
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
