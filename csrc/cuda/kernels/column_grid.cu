// column_grid: neighbouring elements belong to neighbouring results; few tiles of them, shared by
// all blocks of a cooperative launch.
//
//   box:    a tile of columns, of all rows or of as many as 32-bit positions have
//   team:   the blocks that share a box; each leaves a candidate for each of its columns
//   block:  parts of its box, of some rows each

#include "../columns.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kColumnGridThreads, 1)
    column_grid(const __grid_constant__ FewDimsWork work) {
  using Scan = ColumnScan<T, order, kColumnGridThreadBytes>;
  __shared__ int next[2];
  const int part_rows = kColumnGridTurns * Scan::kRows * work.lanes;
  const int64_t boxes = work.tiling.boxes();
  Team team(work, next, part_rows);
  for (int64_t number = team.box(); number < boxes; number += team.boxes()) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    const int rows = static_cast<int>(box.reduce.size());
    Scan scan(work, box, outer);
    team.begin(number);
    for (int part = team.first(); int64_t{part} * part_rows < rows; part = team.next(part)) {
      team.ask(part);
      scan.see(part * part_rows, min((part + 1) * part_rows, rows));
    }
    team.end();
    const int64_t slot = box.split * team.size() + team.member();
    scan.template finish<true>([&](int column, int row, auto rank) {
      const int64_t inner = box.inner.begin + column;
      store<T>(work, slot, box.outer.begin * work.inner.size + inner, work.inner_at(outer, inner),
               key_of(rank), (box.reduce.begin + row) * work.reduced_step);
    });
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("column_grid", [](auto type, auto order) {
  return &column_grid<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
