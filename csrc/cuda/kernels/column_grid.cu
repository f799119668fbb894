// column_grid: neighbouring elements belong to neighbouring results; few tiles of them, shared by
// all blocks of a cooperative launch.
//
//   box:    a tile of columns, of all rows or of as many as 32-bit positions have
//   team:   the blocks that share a box; each leaves a candidate for each of its columns
//   block:  parts of its box, of some rows each

#include "../column_team.cuh"
#include "../columns.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kColumnGridThreads, 1)
    column_grid(const __grid_constant__ FewDimsWork work) {
  using Scan = ColumnScan<T, order, kColumnGridThreadBytes>;
  reduce_in_teams<Scan, T, order>(work, kColumnGridTurns * Scan::kRows * work.lanes);
}

const Registration registration("column_grid", [](auto type, auto order) {
  return &column_grid<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
