// strided: anything.
//
//   block:  threads / lanes results x `lanes` walkers of each result's reduced dimensions
//   thread: every lanes-th position of the box, in memory order, 4 in flight
//
// Neighbouring threads are neighbours along the reduced dimension if that has the smaller stride,
// and neighbouring results otherwise. The walk follows memory and not the logical order, so
// candidates are merged by their logical index.

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kMaxStridedThreads, kResidentThreads / kMaxStridedThreads)
    strided(const __grid_constant__ Work work) {
  constexpr int kUnroll = 4;
  __shared__ Apart<kMaxStridedThreads, Rank<T, order>, int64_t> shared;
  const T* input = static_cast<const T*>(work.input);
  const int results = blockDim.x / work.lanes;
  const bool lanes_adjacent = work.outer_count == 0 || work.reduced_stride < work.outer_stride;
  const int lane = lanes_adjacent ? threadIdx.x % work.lanes : threadIdx.x / results;
  const int local_result = lanes_adjacent ? threadIdx.x / work.lanes : threadIdx.x % results;
  const int spacing = lanes_adjacent ? 1 : results;

  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const int64_t wanted = box.outer.begin + local_result;
    const int64_t result = min(wanted, box.outer.end - 1);
    const Place place = work.result_at(result);
    const T* elements = input + place.offset;

    // A walker that falls past the end looks at the last position again, which changes nothing.
    const int64_t last = box.reduce.end - 1;
    const Place start = work.reduce_at(min(box.reduce.begin + lane, last));
    Candidate<Rank<T, order>, int64_t> best{rank_of<order>(elements[start.offset]), start.step};
    for (int64_t position = box.reduce.begin + lane; position <= last;
         position += kUnroll * work.lanes) {
      T loaded[kUnroll];
      int64_t indices[kUnroll];
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) {
        const Place walk = work.reduce_at(min(position + u * work.lanes, last));
        loaded[u] = elements[walk.offset];
        indices[u] = walk.step;
      }
#pragma unroll
      for (int u = 0; u < kUnroll; ++u)
        best.merge(rank_of<order>(loaded[u]), indices[u]);
    }
    combine_apart(best, lane, work.lanes, spacing, shared);
    if (lane == 0 && result == wanted) {
      store<T>(work, box.split, result, place, key_of(best.rank), best.index);
    }
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("strided", [](auto type, auto order) {
  return &strided<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
