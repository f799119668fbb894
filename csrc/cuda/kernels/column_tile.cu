// column_tile: neighbouring elements belong to neighbouring results.
//
//   block:  a tile of columns x `lanes` groups of rows; a warp reads neighbouring columns of a row
//   thread: the columns of one 4-byte word (1 column of 4 or 8 bytes, 2 of 2, 4 of 1), every
//           lanes-th row of the box, several in flight
//   then:   lane 0 folds the other lanes' candidates of its columns through shared memory

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

// Folds rows lane, lane + lanes, ... of `length` into `best`. `load(r)` gives row r of all columns.
template <Order order, int kUnroll, int kColumns, class R, class Load>
__device__ __forceinline__ void scan_rows(Candidate<R, int> (&best)[kColumns], int lane, int lanes,
                                          int length, Load load) {
  using Columns = decltype(load(0));
  const auto see = [&](const Columns& columns, int row) {
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c].see(rank_of<order>(columns.items[c]), row);
  };
  int row = lane;
  for (; row + (kUnroll - 1) * lanes < length; row += kUnroll * lanes) {
    Columns columns[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      columns[u] = load(row + u * lanes);
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      see(columns[u], row + u * lanes);
  }
  // The last rows, together too: short reductions have no others.
  Columns columns[kUnroll];
#pragma unroll
  for (int u = 0; u < kUnroll; ++u) {
    if (row + u * lanes < length) columns[u] = load(row + u * lanes);
  }
#pragma unroll
  for (int u = 0; u < kUnroll; ++u) {
    if (row + u * lanes < length) see(columns[u], row + u * lanes);
  }
}

template <class T, Order order, bool kShared>
__global__ void __launch_bounds__(kMaxColumnThreads, 2)
    column_tile(const __grid_constant__ FewDimsWork work) {
  constexpr int kColumns = columns_per_thread(sizeof(T));
  // Rows in flight; fewer where their unaligned columns would not fit in registers.
  constexpr int kUnroll = sizeof(T) == 1 ? 4 : 8;
  struct alignas(kColumns * sizeof(T)) Columns {
    T items[kColumns];
  };
  const int tile_threads = static_cast<int>(work.tiling.tile().inner) / kColumns;
  const int lane = threadIdx.x / tile_threads;
  const int64_t stride = work.reduced_stride;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    const T* rows = static_cast<const T*>(work.input) + outer.offset + box.reduce.begin * stride;
    // Threads that only fill the last warp have a lane past the last, and nothing to read.
    const int length = lane < work.lanes ? static_cast<int>(box.reduce.size()) : 0;
    const int64_t first = box.inner.begin + threadIdx.x % tile_threads * kColumns;

    // Past the last column a thread reads it once more and stores nothing.
    const auto column = [&](int c) { return min(first + c, box.inner.end - 1); };
    const auto load_each = [&](int row) {
      Columns columns;
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        columns.items[c] = rows[row * stride + column(c)];
      return columns;
    };
    const auto load_word = [&](int row) {
      return *reinterpret_cast<const Columns*>(rows + row * stride + first);
    };

    Candidate<Rank<T, order>, int> best[kColumns];
    const Columns top = load_each(0);
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c] = {rank_of<order>(top.items[c]), 0};
    const bool aligned = reinterpret_cast<uintptr_t>(rows + first) % sizeof(Columns) == 0 &&
                         stride % kColumns == 0 && first + kColumns <= box.inner.end;
    if (aligned) {
      scan_rows<order, kUnroll>(best, lane, work.lanes, length, load_word);
    } else {
      scan_rows<order, kUnroll>(best, lane, work.lanes, length, load_each);
    }
    combine_apart<kMaxColumnThreads>(best, lane, work.lanes, tile_threads);

    if (lane != 0) continue;
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      if (first + c >= box.inner.end) break;
      const int64_t result = box.outer.begin * work.inner.size + first + c;
      const int64_t position = box.reduce.begin + best[c].index;
      store<T>(work, box.split, result, work.inner_at(outer, first + c), key_of(best[c].rank),
               position * work.reduced_step);
    }
  }
  if constexpr (kShared) combine_in_grid<T, order>(work);
}

const Registration registration("column_tile", [](auto type, auto order) {
  return &column_tile<typename decltype(type)::type, decltype(order)::value, false>;
});
const SharedRegistration shared("column_tile", [](auto type, auto order) {
  return &column_tile<typename decltype(type)::type, decltype(order)::value, true>;
});

}  // namespace
}  // namespace torch_argmax::cuda
