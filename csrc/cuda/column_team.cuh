#pragma once
// How teams of blocks reduce tiles of columns.

#include "grid.cuh"

namespace torch_argmax::cuda {

// All of a cooperative kernel. `Scan` reads what a block has of a box, in parts of some rows: see
// ColumnScan.
template <class Scan, class T, Order order>
__device__ __forceinline__ void reduce_in_teams(const FewDimsWork& work, int part_rows) {
  __shared__ int next[2];
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
      store<T>(work, slot, box.outer.begin * work.tiling.space().inner + inner,
               work.inner_at(outer, inner), key_of(rank),
               (box.reduce.begin + row) * work.reduced_step);
    });
  }
  combine_in_grid<T, order>(work);
}

}  // namespace torch_argmax::cuda
