// row_grid: few contiguous rows of any length, shared by all blocks of a cooperative launch.
//
//   box:    a row, or a piece of one that is too long for 32-bit positions
//   team:   the blocks that share a box; each leaves one candidate
//   block:  batches of its box: the first few by its number, then whichever is next, by a counter
//
// SMs do not read equally fast. In a probe on an H100, (2^28,) float32 took 349 us by the counter
// and 361 in equal shares, over a floor of 347; this kernel takes 354 (2026-11-24).

#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

// Batches of a block before the counter is asked, so that it is set up by then. With half of all,
// (2^28,) float32 took 1 to 2 us more (H100, 2026-11-24).
constexpr int kFixedBatches = 3;

template <class T, Order order>
__global__ void __launch_bounds__(kRowGridThreads, kResidentThreads / kRowGridThreads)
    row_grid(const __grid_constant__ FewDimsWork work) {
  __shared__ int next[2];
  const int64_t boxes = work.tiling.boxes();
  const int team = static_cast<int>(work.candidates / work.tiling.splits());
  const int member = blockIdx.x % team;
  for (int64_t number = blockIdx.x / team; number < boxes; number += gridDim.x / team) {
    const Box box = work.tiling.box(number);
    const Place place = work.outer_at(box.outer.begin);
    Scan<T, order> scan(static_cast<const T*>(work.input) + place.offset + box.reduce.begin,
                        static_cast<int>(box.reduce.size()), threadIdx.x, kRowGridThreads);

    // Whether blocks of a team have more than one batch each, which is the same for all boxes.
    const bool by_counter =
        team > 1 && work.tiling.tile().reduce > int64_t{team} * scan.batch_size();
    // A team of more than one has but one box. Its counter is set to zero behind a barrier of the
    // grid, where all blocks have arrived by the time that it is asked.
    unsigned* counter = work.counters + number;
    const auto grid = cooperative_groups::this_grid();
    unsigned arrival = 0;
    bool waits = by_counter;
    if (by_counter) {
      if (member == 0 && threadIdx.x == 0) *counter = 0;
      arrival = grid.barrier_arrive();
    }
    const int fixed = by_counter ? kFixedBatches * team : INT_MAX;
    int batch = member;
    scan.start(batch);
    for (int turn = 0; scan.has(batch); turn ^= 1) {
      const bool asks = batch >= fixed - team;
      if (asks && waits) {
        grid.barrier_wait(std::move(arrival));
        waits = false;
      }
      // Asked for before the batch is read, so that the answer is there after it.
      unsigned ticket = 0;
      if (asks && threadIdx.x == 0) ticket = atomicAdd(counter, 1);
      scan.see(batch);
      batch += team;
      if (asks) {
        if (threadIdx.x == 0) next[turn] = fixed + static_cast<int>(ticket);
        __syncthreads();
        batch = next[turn];
      }
    }
    if (waits) grid.barrier_wait(std::move(arrival));
    scan.finish();
    const auto winner = winner_in_block<kRowGridThreads>(scan);
    if (threadIdx.x == 0) {
      const int64_t position = box.reduce.begin + winner.index;
      store<T>(work, box.split * team + member, box.outer.begin, place, winner.rank,
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
