// strided_lines: everything is reduced, and what lies side by side is short: by lines, each along
// one dimension.
//
//   line:   a row along the fastest dimension; or where rows are short, a column along a slower
//           one; or a piece of one
//   group:  `lanes` neighbouring threads for a row; or as many for each of the columns that all
//           faster dimensions make, beside those of the others
//   block:  tiles of rows or of bundles of columns, of which its groups take one at a time
//
// Lines follow memory and not the logical order. Of one that begins after the best that a thread
// has, only a greater element may win.

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../line.cuh"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

// A thread's best of what it has seen.
template <class T, Order order>
struct Running {
  Candidate<Rank<T, order>, int64_t> best{lowest<Rank<T, order>>(), INT64_MAX};

  // Of a line, `index` being the logical index of its first element, what falls to a lane.
  __device__ __forceinline__ void see(const Work& work, const T* line, int size, int64_t index,
                                      Lanes lanes) {
    constexpr int kNone = -1;
    const bool comes_later = index > best.index;
    const Candidate<Rank<T, order>, int> none{comes_later ? best.rank : lowest<Rank<T, order>>(),
                                              comes_later ? kNone : 0};
    const auto found = best_of_line<order>(line, size, work.reduced_stride, lanes, none);
    if (found.index != kNone) best.merge(found.rank, index + found.index * work.reduced_step);
  }
};

template <class T, Order order>
__global__ void __launch_bounds__(kStridedThreads, kResidentThreads / kStridedThreads)
    strided_lines(const __grid_constant__ Work work) {
  __shared__ Apart<kStridedThreads, Rank<T, order>, int64_t> shared;
  const int faster = work.faster, slower = work.reduce_count - 1 - faster;
  unsigned columns = 1;
#pragma unroll 1
  for (int i = slower + 1; i < work.reduce_count; ++i)
    columns *= work.dims[i].size;
  const int piece = line_piece(faster > 0, work.lanes);
  const int64_t pieces = (work.reduced_size + piece - 1) / piece;

  const unsigned width = work.lanes * columns, groups = kStridedThreads / width;
  const unsigned group = threadIdx.x / width, local = threadIdx.x - group * width;
  const unsigned lane = local / columns, column = local - lane * columns;
  const Lanes lanes(work.lanes, lane);
  const Place first = work.reduce_at(column, slower + 1, faster);
  const T* const input = static_cast<const T*>(work.input) + first.offset;

  Running<T, order> running;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Range lines = work.tiling.box(0, number, 0).reduce;
    for (int64_t i = lines.begin + group; i < lines.end && group < groups; i += groups) {
      const int64_t line = pieces == 1 ? i : quotient(i, pieces);
      const int64_t begin = (i - line * pieces) * piece;
      const Place place = work.reduce_at(line, 0, slower);
      running.see(work, input + place.offset + begin * work.reduced_stride,
                  static_cast<int>(min(work.reduced_size - begin, int64_t{piece})),
                  place.step + begin * work.reduced_step, lanes);
    }
  }
  if (running.best.index != INT64_MAX) running.best.index += first.step;
  auto best = combine_in_warp(running.best, 32);
  combine_apart(best, threadIdx.x / 32, kStridedThreads / 32, 32, shared);
  if (threadIdx.x == 0) store<T>(work, blockIdx.x, 0, Place{}, key_of(best.rank), best.index);
  combine_in_grid<T, order>(work);
}

const Registration registration("strided_lines", [](auto type, auto order) {
  return &strided_lines<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
