// row_vector: rows of one vector, of 4, 8 or 16 bytes.
//
//   block:  a tile of rows
//   thread: all loads of some rows together, a block apart, so that neighbours read neighbours; and
//           a result for each

#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

template <int kBytes, class T, Order order>
__device__ __forceinline__ void reduce(const FewDimsWork& work, int64_t first) {
  using Loaded = Vector<T, kBytes>;
  const T* input = static_cast<const T*>(work.input);
  const int64_t last = work.tiling.space().outer - 1;
  const bool is_aligned =
      (reinterpret_cast<uintptr_t>(input) | work.outer_stride * sizeof(T)) % kBytes == 0;

  Loaded loaded[kRowVectorRows];
#pragma unroll
  for (int r = 0; r < kRowVectorRows; ++r) {
    // Past the end the last row is loaded once more.
    const int64_t row = min(first + r * kRowVectorThreads, last);
    const T* from = input + work.even_outer_at(row).offset;
    if (is_aligned) {
      loaded[r] = Loaded::load(from);
    } else {
      T items[Loaded::kSize];
#pragma unroll
      for (int i = 0; i < Loaded::kSize; ++i)
        items[i] = from[i];
      memcpy(loaded[r].words, items, kBytes);
    }
  }
#pragma unroll
  for (int r = 0; r < kRowVectorRows; ++r) {
    const int64_t row = first + r * kRowVectorThreads;
    if (row > last) break;
    Candidate<Rank<T, order>, int> best{rank_of<order>(loaded[r][0]), 0};
#pragma unroll
    for (int i = 1; i < Loaded::kSize; ++i)
      best.see(rank_of<order>(loaded[r][i]), i);
    store_result<T>(work, work.even_outer_at(row), best.index * work.reduced_step);
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kRowVectorThreads, kResidentThreads / kRowVectorThreads)
    row_vector(const __grid_constant__ FewDimsWork work) {
  constexpr int kTile = kRowVectorThreads * kRowVectorRows;
  const int bytes = static_cast<int>(work.tiling.space().reduce * sizeof(T));
  int64_t first = int64_t{blockIdx.x} * kTile + threadIdx.x;
  do {
    if (bytes == 16) {
      reduce<16, T, order>(work, first);
    } else if (bytes == 8) {
      reduce<8, T, order>(work, first);
    } else if constexpr (sizeof(T) <= 4) {
      reduce<4, T, order>(work, first);
    }
    first += int64_t{gridDim.x} * kTile;
  } while (first < work.tiling.space().outer);
}

const Registration registration("row_vector", [](auto type, auto order) {
  return &row_vector<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
