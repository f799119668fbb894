// column_short: neighbouring elements belong to neighbouring results, of so few elements that
// nothing is worth sharing; rows begin anywhere.
//
//   block:  a tile of columns
//   thread: all rows of some columns, which are a block apart, so that neighbours read neighbours

#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <int kRows, class T, Order order>
__device__ __forceinline__ void reduce_elements(const FewDimsWork& work, Place begin, int width) {
  constexpr int kColumns = kShortColumns;
  const T* slab = static_cast<const T*>(work.input) + begin.offset;
  const int rows = static_cast<int>(work.tiling.space().reduce), apart = blockDim.x;
  for (int first = threadIdx.x; first < width; first += kColumns * apart) {
    Candidate<Rank<T, order>, int> best[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c] = {lowest<Rank<T, order>>(), 0};
    for (int row = 0; row < rows; row += kRows) {
      // Past the last row and the last column those are looked at once more, which changes nothing.
      T loaded[kRows][kColumns];
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        const T* from = slab + min(row + r, rows - 1) * work.reduced_stride;
#pragma unroll
        for (int c = 0; c < kColumns; ++c)
          loaded[r][c] = from[min(first + c * apart, width - 1)];
      }
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
#pragma unroll
        for (int c = 0; c < kColumns; ++c)
          best[c].see(rank_of<order>(loaded[r][c]), row + r);
      }
    }
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int column = first + c * apart;
      if (column >= width) break;
      store_result<T>(work, work.inner_at(begin, column), best[c].index * work.reduced_step);
    }
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kColumnShortThreads, kResidentThreads / kColumnShortThreads)
    column_short(const __grid_constant__ FewDimsWork work) {
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place begin = work.inner_at(work.outer_at(box.outer.begin), box.inner.begin);
    const int width = static_cast<int>(box.inner.size());
    if (work.tiling.space().reduce <= 2) {
      reduce_elements<2, T, order>(work, begin, width);
    } else {
      reduce_elements<4, T, order>(work, begin, width);
    }
  }
}

const Registration registration("column_short", [](auto type, auto order) {
  return &column_short<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
