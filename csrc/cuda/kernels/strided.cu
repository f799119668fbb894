// strided: anything.
//
//   block:  threads / lanes results x `lanes` walkers of each result's reduced dimensions
//   thread: every lanes-th position of the box, in memory order, some in flight
//
// Neighbouring threads are neighbours along the reduced dimension if that has the smaller stride,
// and neighbouring results otherwise.

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
using Best = Candidate<Rank<T, order>, int64_t>;

// A walker's part of a single dimension, which has no more in a box than 32 bits count. Positions
// ascend, and so do indices: the first of equals stays.
template <class T, Order order>
__device__ __forceinline__ Best<T, order> best_of_line(const Work& work, const T* elements,
                                                       Range range, int lane) {
  constexpr int kUnroll = 8;
  const int size = static_cast<int>(range.size()), lanes = work.lanes;
  const int64_t stride = work.reduced_stride, step = lanes * stride;
  // Past the last position that is looked at again, which changes nothing.
  int position = min(lane, size - 1);
  const T* element = elements + (range.begin + position) * stride;
  Candidate<Rank<T, order>, int> best{rank_of<order>(*element), position};
  for (; position < size; position += kUnroll * lanes) {
    T loaded[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      loaded[u] = *element;
      if (position + (u + 1) * lanes < size) element += step;
    }
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      best.see(rank_of<order>(loaded[u]), position + u * lanes);
  }
  return {best.rank, (range.begin + best.index) * work.reduced_step};
}

// A walker's part of several dimensions. The walk follows memory and not the logical order, so
// candidates are merged by their logical index.
template <class T, Order order>
__device__ __forceinline__ Best<T, order> best_of_walk(const Work& work, const T* elements,
                                                       Range range, int lane) {
  constexpr int kUnroll = 4;
  // A walker that falls past the end looks at the last position again, which changes nothing.
  const int64_t last = range.end - 1;
  const Place start = work.reduce_at(min(range.begin + lane, last));
  Best<T, order> best{rank_of<order>(elements[start.offset]), start.step};
  for (int64_t position = range.begin + lane; position <= last; position += kUnroll * work.lanes) {
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
  return best;
}

template <class T, Order order>
__global__ void __launch_bounds__(kMaxStridedThreads, kResidentThreads / kMaxStridedThreads)
    strided(const __grid_constant__ Work work) {
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
    auto best = work.reduce_count == 1 ? best_of_line<T, order>(work, elements, box.reduce, lane)
                                       : best_of_walk<T, order>(work, elements, box.reduce, lane);
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
