#pragma once
// How a thread reads evenly spaced elements: some of them in flight, the value first, and where it
// stood only if it is the greatest so far; and how a block serves results by such lines.

#include "../order.h"
#include "../work.h"
#include "combine.cuh"
#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// Looks at `count` elements, up to kSize, `step` apart in memory and `lanes` in the line; the first
// is number `index` of it. In place of others it looks at the last again, which changes nothing.
template <int kSize, Order order, class T>
__device__ __forceinline__ void see_elements(Candidate<Rank<T, order>, int>& best, const T* element,
                                             int64_t step, int count, int index, Lanes lanes) {
  T loaded[kSize];
#pragma unroll
  for (int u = 0; u < kSize; ++u) {
    loaded[u] = *element;
    if (u + 1 < count) element += step;
  }
  auto greatest = rank_of<order>(loaded[0]);
#pragma unroll
  for (int u = 1; u < kSize; ++u)
    greatest = greater(greatest, rank_of<order>(loaded[u]));
  if (!beats(greatest, best.rank)) return;
  int first = kSize - 1;
#pragma unroll
  for (int u = kSize - 2; u >= 0; --u)
    first = beats(greatest, rank_of<order>(loaded[u])) ? first : u;
  best = {greatest, index + (first << lanes.log2)};
}

// The best of what falls to a lane of `line[0, size)`, of elements that are `stride` apart; or
// `best` if none of them beats it.
template <Order order, class T>
__device__ __forceinline__ auto best_of_line(const T* line, int size, int64_t stride, Lanes lanes,
                                             Candidate<Rank<T, order>, int> best = {
                                                 lowest<Rank<T, order>>(), 0}) {
  constexpr int kUnroll = sizeof(T) == 8 ? 4 : 8;
  const int64_t step = lanes.count * stride;
  const int turns = size >> lanes.log2;  // that all lanes have
  int index = lanes.lane, turn = 0;
  const T* element = line + index * stride;
  for (; turn + kUnroll <= turns; turn += kUnroll) {
    see_elements<kUnroll, order>(best, element, step, kUnroll, index, lanes);
    index += kUnroll << lanes.log2;
    element += kUnroll * step;
  }
  // The first lane has most of the rest, and some may have none: those look at the line's last.
  const int rest = (size - (turn << lanes.log2) + lanes.count - 1) >> lanes.log2;
  const int count = lanes.turns(size) - turn;
  if (count <= 0) {
    index = size - 1;
    element = line + index * stride;
  }
  if (rest > kUnroll / 2) {
    see_elements<kUnroll, order>(best, element, step, count, index, lanes);
  } else if (rest > 0) {
    see_elements<kUnroll / 2, order>(best, element, step, count, index, lanes);
  }
  return best;
}

// Stores what `lanes` threads, `spacing` apart, find in a box's part of the line that begins at
// `place`: a result, if it is `theirs`, or a candidate. All threads of the block take part.
template <class T, Order order, class Work>
__device__ __forceinline__ void serve_line(const Work& work, const Box& box, int64_t result,
                                           Place place, bool theirs, Lanes lanes, int spacing) {
  __shared__ Apart<kStridedThreads, Rank<T, order>, int> shared;
  const T* line =
      static_cast<const T*>(work.input) + place.offset + box.reduce.begin * work.reduced_stride;
  auto best =
      best_of_line<order>(line, static_cast<int>(box.reduce.size()), work.reduced_stride, lanes);
  if (spacing == 1) {
    best = combine_in_warp(best, min(lanes.count, 32));
    combine_apart(best, lanes.lane / 32, lanes.count / 32, 32, shared);
  } else {
    combine_apart(best, lanes.lane, lanes.count, spacing, shared);
  }
  if (lanes.lane == 0 && theirs) {
    store<T>(work, box.split, result, place, key_of(best.rank),
             (box.reduce.begin + best.index) * work.reduced_step);
  }
}

}  // namespace torch_argmax::cuda
