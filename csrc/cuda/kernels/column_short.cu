// column_short: neighbouring elements belong to neighbouring results, of so few elements that
// nothing is worth sharing: a thread for each column.
//
//   block:  a tile of columns
//   thread: up to 4 rows that begin at vectors: all loads of some vectors of columns together, and
//           the results stored by vectors, as where there are 2 rows as many bytes are written as
//           read; other rows: elements a block apart, so that neighbours read neighbours wherever
//           rows begin

#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

template <int kRows, class T, Order order>
__device__ __forceinline__ void reduce_vectors(const FewDimsWork& work, Place begin, int width) {
  constexpr int kColumns = short_columns(sizeof(T)), kSets = short_loads(sizeof(T)) / kRows;
  using Loaded = Vector<T, kColumns * sizeof(T)>;
  const T* slab = static_cast<const T*>(work.input) + begin.offset;
  int64_t* results = work.indices + begin.step;
  const bool stores_vectors = work.inner_step == 1 && !work.values &&
                              reinterpret_cast<uintptr_t>(results) % sizeof(longlong2) == 0;
  const int first = threadIdx.x * kColumns, apart = blockDim.x * kColumns;

  Loaded loaded[kSets][kRows];
#pragma unroll
  for (int set = 0; set < kSets; ++set) {
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      // Past the end the last vector is loaded once more.
      const int column = min(first + set * apart, width - kColumns);
      loaded[set][row] = Loaded::load(slab + column + row * work.reduced_stride);
    }
  }
#pragma unroll
  for (int set = 0; set < kSets; ++set) {
    const int column = first + set * apart;
    if (column >= width) break;
    int64_t indices[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      Candidate<Rank<T, order>, int> best{rank_of<order>(loaded[set][0][c]), 0};
#pragma unroll
      for (int row = 1; row < kRows; ++row)
        best.see(rank_of<order>(loaded[set][row][c]), row);
      indices[c] = best.index * work.reduced_step;
    }
    if (stores_vectors) {
#pragma unroll
      for (int c = 0; c < kColumns; c += 2)
        *reinterpret_cast<longlong2*>(results + column + c) = {indices[c], indices[c + 1]};
    } else {
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        store_result<T>(work, work.inner_at(begin, column + c), indices[c]);
    }
  }
}

template <int kRows, class T, Order order>
__device__ __forceinline__ void reduce_elements(const FewDimsWork& work, Place begin, int width) {
  constexpr int kColumns = kShortElements;
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
  constexpr int kColumns = short_columns(sizeof(T));
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place begin = work.inner_at(work.outer_at(box.outer.begin), box.inner.begin);
    const T* slab = static_cast<const T*>(work.input) + begin.offset;
    const int width = static_cast<int>(box.inner.size());
    const int64_t rows = work.tiling.space().reduce;
    const bool by_vectors = rows <= kShortRows && (work.reduced_stride | width) % kColumns == 0 &&
                            reinterpret_cast<uintptr_t>(slab) % (kColumns * sizeof(T)) == 0;
    if (!by_vectors && rows <= 2) {
      reduce_elements<2, T, order>(work, begin, width);
    } else if (!by_vectors) {
      reduce_elements<4, T, order>(work, begin, width);
    } else if (rows == 1) {
      reduce_vectors<1, T, order>(work, begin, width);
    } else if (rows == 2) {
      reduce_vectors<2, T, order>(work, begin, width);
    } else if (rows == 3) {
      reduce_vectors<3, T, order>(work, begin, width);
    } else {
      reduce_vectors<kShortRows, T, order>(work, begin, width);
    }
  }
}

const Registration registration("column_short", [](auto type, auto order) {
  return &column_short<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
