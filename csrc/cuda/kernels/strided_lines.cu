// strided_lines: everything is reduced, and what lies side by side is short: by lines, each along
// one dimension.
//
//   line:   a row along the fastest dimension; or where rows are short, a column along the next; or
//           a piece of one
//   group:  `lanes` neighbouring threads for a row; for columns that lie beside each other, as many
//           for each, all beside those of the other columns
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
  __device__ __forceinline__ void see(const T* line, int size, const Dim& dim, int64_t index,
                                      Lanes lanes) {
    constexpr int kNone = -1;
    const bool comes_later = index > best.index;
    const Candidate<Rank<T, order>, int> none{comes_later ? best.rank : lowest<Rank<T, order>>(),
                                              comes_later ? kNone : 0};
    const auto found = best_of_line<order>(line, size, dim.stride, lanes, none);
    if (found.index != kNone) best.merge(found.rank, index + found.index * dim.step);
  }
};

template <class T, Order order>
__global__ void __launch_bounds__(kStridedThreads, kResidentThreads / kStridedThreads)
    strided_lines(const __grid_constant__ Work work) {
  __shared__ Apart<kStridedThreads, Rank<T, order>, int64_t> shared;
  const T* input = static_cast<const T*>(work.input);
  const Dim* const end_of_dims = work.dims + work.reduce_count;
  const Dim& fastest = end_of_dims[-1];
  const bool by_columns = has_short_rows(fastest.size, end_of_dims[-2].size);
  const Dim& along = by_columns ? end_of_dims[-2] : fastest;
  const int others = work.reduce_count - (by_columns ? 2 : 1);
  const unsigned columns = by_columns ? fastest.size : 1;
  const int64_t piece = line_piece(by_columns, work.lanes);
  const int64_t pieces = (along.size + piece - 1) / piece;

  const unsigned width = work.lanes * columns, groups = kStridedThreads / width;
  const unsigned group = threadIdx.x / width, local = threadIdx.x - group * width;
  const unsigned lane = local / columns, column = local - lane * columns;
  const Lanes lanes(work.lanes, lane);

  Running<T, order> running;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Range lines = work.tiling.box(0, number, 0).reduce;
    for (int64_t i = lines.begin + group; i < lines.end && group < groups; i += groups) {
      const int64_t line = pieces == 1 ? i : quotient(i, pieces);
      const int64_t begin = (i - line * pieces) * piece;
      const Place place = work.reduced_line_at(line, others);
      running.see(input + place.offset + begin * along.stride + column * fastest.stride,
                  static_cast<int>(min(along.size - begin, piece)), along,
                  place.step + begin * along.step + column * fastest.step, lanes);
    }
  }
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
