// row_grid: few contiguous rows of any length, shared by all blocks of a cooperative launch.
//
//   box:    a row, or a piece of one that is too long for 32-bit positions
//   team:   the blocks that share a box; each leaves one candidate
//   block:  batches of its box

#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kRowGridThreads, kResidentThreads / kRowGridThreads)
    row_grid(const __grid_constant__ FewDimsWork work) {
  using Scan = Scan<T, order>;
  __shared__ int next[2];
  const int64_t boxes = work.tiling.boxes();
  Team team(work, next, int64_t{Scan::kWorkerBatch} * kRowGridThreads);
  for (int64_t number = team.box(); number < boxes; number += team.boxes()) {
    const Box box = work.tiling.box(number);
    const Place place = work.outer_at(box.outer.begin);
    Scan scan(static_cast<const T*>(work.input) + place.offset + box.reduce.begin,
              static_cast<int>(box.reduce.size()), threadIdx.x, kRowGridThreads);
    team.begin(number);
    scan.start(team.first());
    for (int batch = team.first(); scan.has(batch); batch = team.next(batch)) {
      team.ask(batch);
      scan.see(batch);
    }
    team.end();
    scan.finish();
    const auto winner = winner_in_block<kRowGridThreads>(scan);
    if (threadIdx.x == 0) {
      const int64_t position = box.reduce.begin + winner.index;
      store<T>(work, box.split * team.size() + team.member(), box.outer.begin, place, winner.rank,
               position * work.reduced_step);
    }
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("row_grid", [](auto type, auto order) {
  return &row_grid<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
