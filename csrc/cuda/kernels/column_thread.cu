// column_thread: neighbouring elements belong to neighbouring results, rows are whole vectors
// apart, and there are so many columns that a thread has all rows of a vector of them: nothing is
// folded.
//
//   block:  a tile of columns
//   warp:   stores its results by whole lines: its threads leave each other what they found

#include "../best.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kColumnThreadThreads, kResidentThreads / kColumnThreadThreads)
    column_thread(const __grid_constant__ FewDimsWork work) {
  constexpr int kColumns = columns_per_thread(sizeof(T)), kBytes = kColumns * sizeof(T);
  using Loaded = Vector<T, kBytes>;
  extern __shared__ int4 memory[];
  int* const found = reinterpret_cast<int*>(memory);
  const int first = threadIdx.x * kColumns;
  const int in_warp = threadIdx.x % 32, warp_begin = (threadIdx.x - in_warp) * kColumns;
  const int rows = static_cast<int>(work.tiling.space().reduce);
  const bool is_aligned = reinterpret_cast<uintptr_t>(work.input) % kBytes == 0;
  const bool stores_as_found = work.stores_as_found(work.inner_step);

  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place begin = work.inner_at(work.outer_at(box.outer.begin), box.inner.begin);
    const int width = static_cast<int>(box.inner.size());
    if (first < width) {
      const T* columns = static_cast<const T*>(work.input) + begin.offset + first;
      BestByElement<T, order, kBytes> best;
      if (is_aligned) {
        see_all<kThreadBytes / kBytes>(best, 0, rows, 1, [&](int row) {
          return Loaded::load(columns + row * work.reduced_stride);
        });
      } else {
        see_all<1>(best, 0, rows, 1, [&](int row) {
          return Loaded::load_elements(columns + row * work.reduced_stride);
        });
      }
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        found[first + c] = best.row(c);
    }
    __syncwarp();
    if (stores_as_found) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int column = warp_begin + c * 32 + in_warp;
        if (column < width) store_as_found(work, begin.step + column, found[column]);
      }
    } else {
#pragma unroll 1
      for (int c = 0; c < kColumns; ++c) {
        const int column = warp_begin + c * 32 + in_warp;
        if (column >= width) break;
        store_result<T>(work, work.inner_at(begin, column), found[column] * work.reduced_step);
      }
    }
    __syncwarp();  // before rows are left for the next box
  }
}

const Registration registration("column_thread", [](auto type, auto order) {
  return &column_thread<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
