// row_vector: rows of a few vectors, a thread for each.
//
//   block:  a tile of rows
//   thread: all loads of a row together; and where that is a vector or two, of some rows, a block
//           apart, so that neighbours read neighbours

#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

// Whether all rows begin where vectors do.
__device__ __forceinline__ bool are_aligned(const FewDimsWork& work, int element_size, int bytes) {
  return (reinterpret_cast<uintptr_t>(work.input) | work.outer_stride * element_size) % bytes == 0;
}

template <int kBytes, class T>
__device__ __forceinline__ Vector<T, kBytes> load(const T* from, bool is_aligned) {
  using Loaded = Vector<T, kBytes>;
  return is_aligned ? Loaded::load(from) : Loaded::load_elements(from);
}

template <int kRowBytes, class T, Order order>
__device__ __forceinline__ void reduce_together(const FewDimsWork& work) {
  constexpr int kBytes = kRowBytes < 16 ? kRowBytes : 16, kVectors = kRowBytes / kBytes;
  constexpr int kRows = rows_of_vectors(kRowBytes), kSize = kBytes / sizeof(T);
  constexpr int64_t kTile = kRows * kRowVectorThreads;
  const T* input = static_cast<const T*>(work.input);
  const int64_t rows = work.tiling.space().outer;
  const bool is_aligned = are_aligned(work, sizeof(T), kBytes);
  for (int64_t tile = blockIdx.x * kTile; tile < rows; tile += gridDim.x * kTile) {
    const int64_t first = tile + threadIdx.x;
    Vector<T, kBytes> loaded[kRows][kVectors];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      // Past the end the last row is loaded once more.
      const int64_t row = min(first + r * kRowVectorThreads, rows - 1);
#pragma unroll
      for (int v = 0; v < kVectors; ++v) {
        const T* from = input + work.even_outer_at(row).offset + v * kSize;
        loaded[r][v] = load<kBytes>(from, is_aligned);
      }
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const int64_t row = first + r * kRowVectorThreads;
      if (row >= rows) break;
      Candidate<Rank<T, order>, int> best{rank_of<order>(loaded[r][0][0]), 0};
#pragma unroll
      for (int i = 1; i < kVectors * kSize; ++i)
        best.see(rank_of<order>(loaded[r][i / kSize][i % kSize]), i);
      store_result<T>(work, work.even_outer_at(row), best.index * work.reduced_step);
    }
  }
}

template <class T, Order order>
__device__ __forceinline__ void reduce_alone(const FewDimsWork& work) {
  constexpr int kBytes = kRowVectorBytes, kSize = kBytes / sizeof(T), kLoads = 8;
  const T* input = static_cast<const T*>(work.input);
  const int64_t rows = work.tiling.space().outer;
  const int length = static_cast<int>(work.tiling.space().reduce);
  const bool is_aligned = are_aligned(work, sizeof(T), kBytes);
  int64_t row = int64_t{blockIdx.x} * kRowVectorThreads + threadIdx.x;
  for (; row < rows; row += int64_t{gridDim.x} * kRowVectorThreads) {
    const Place place = work.even_outer_at(row);
    Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
    for (int first = 0; first < length; first += kLoads * kSize) {
      // Past the end the last vector is looked at once more, which changes nothing.
      Vector<T, kBytes> loaded[kLoads];
#pragma unroll
      for (int u = 0; u < kLoads; ++u) {
        const T* from = input + place.offset + min(first + u * kSize, length - kSize);
        loaded[u] = load<kBytes>(from, is_aligned);
      }
#pragma unroll
      for (int i = 0; i < kLoads * kSize; ++i)
        best.see(rank_of<order>(loaded[i / kSize][i % kSize]), first + i);
    }
    store_result<T>(work, place, best.index * work.reduced_step);
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kRowVectorThreads, kResidentThreads / kRowVectorThreads)
    row_vector(const __grid_constant__ FewDimsWork work) {
  const int bytes = static_cast<int>(work.tiling.space().reduce * sizeof(T));
  if (bytes == 32) {
    reduce_together<32, T, order>(work);
  } else if (bytes == 16) {
    reduce_together<16, T, order>(work);
  } else if (bytes == 8) {
    reduce_together<8, T, order>(work);
  } else if (bytes == 4) {
    if constexpr (sizeof(T) <= 4) reduce_together<4, T, order>(work);
  } else {
    reduce_alone<T, order>(work);
  }
}

const Registration registration("row_vector", [](auto type, auto order) {
  return &row_vector<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
