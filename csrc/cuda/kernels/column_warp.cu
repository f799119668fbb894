// column_warp: neighbouring elements belong to neighbouring results, of an input so small that its
// time is all latency: few instructions, and loads all at once.
//
//   block:  32 neighbouring columns
//   warp:   every `lanes`-th row of them, an element a thread
//   then:   the first warp folds what the others leave in shared memory

#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kMaxColumnWarps * 32)
    column_warp(const __grid_constant__ FewDimsWork work) {
  __shared__ Rank<T, order> ranks[kMaxColumnWarps][32];
  __shared__ int indices[kMaxColumnWarps][32];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = work.lanes;
  // The box by hand, in 32 bits: Tiling's 64-bit arithmetic would take a tenth of the time. Its
  // number of tiles, too, which stands behind what is read anyway: see Work.
  const int64_t columns = work.tiling.space().inner;
  const unsigned tiles = static_cast<unsigned>((columns + 31) / 32);
  const unsigned slab = blockIdx.x / tiles;
  const int64_t first_column = int64_t{blockIdx.x - slab * tiles} * 32;
  const Place outer = work.outer_at(slab);
  const int width = static_cast<int>(min(columns - first_column, int64_t{32}));
  const int rows = static_cast<int>(work.tiling.space().reduce);
  // Past the last column and the last row those are looked at once more, which changes nothing.
  const int64_t column = first_column + min(lane, width - 1);
  const Place place = {outer.offset + column, outer.step + column * work.inner_step};
  const T* row = static_cast<const T*>(work.input) + place.offset + warp * work.reduced_stride;
  const int64_t step = warps * work.reduced_stride;

  Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
  for (int first = warp; first < rows; first += kColumnWarpRows * warps) {
    T loaded[kColumnWarpRows];
#pragma unroll
    for (int u = 0; u < kColumnWarpRows; ++u) {
      loaded[u] = *row;
      if (first + (u + 1) * warps < rows) row += step;
    }
#pragma unroll
    for (int u = 0; u < kColumnWarpRows; ++u)
      best.see(rank_of<order>(loaded[u]), first + u * warps);
  }
  ranks[warp][lane] = best.rank;
  indices[warp][lane] = best.index;
  __syncthreads();
  if (warp > 0 || lane >= width) return;
    // The last once more changes nothing, and so all are loaded together.
#pragma unroll
  for (int other = 1; other < kMaxColumnWarps; ++other) {
    const int from = min(other, warps - 1);
    best.merge(ranks[from][lane], indices[from][lane]);
  }
  store_result<T>(work, place, best.index * work.reduced_step);
}

const Registration registration("column_warp", [](auto type, auto order) {
  return &column_warp<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
