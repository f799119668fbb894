// row_stage: short contiguous rows, many of them staged through shared memory.
//
//   block:  a tile of rows, about 16 KB
//   row:    `lanes` neighbouring threads (1 to 32) reading it from shared memory: by vectors where
//           every row begins at one, by elements or words where not

#include "../best.cuh"
#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../stage.cuh"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

template <Order order, int kBytes, class T, class Best>
__device__ __forceinline__ void see_vectors(Best& best, const T* row, int length, int lane,
                                            int lanes) {
  constexpr int kSize = Vector<T, kBytes>::kSize;
  for (int first = lane * kSize; first < length; first += lanes * kSize) {
    const auto vector = *reinterpret_cast<const Vector<T, kBytes>*>(row + first);
#pragma unroll
    for (int i = 0; i < kSize; ++i)
      best.see(rank_of<order>(vector[i]), first + i);
  }
}

// The same of small elements in rows that begin anywhere: word by word, with those of one word seen
// at once, and what is left of words at both ends one by one. On an H100 (2026-11-27), us by
// elements, so: (2^20, 129) uint8 80, 58, float16 103.8, 103.1; (10^6, 50) uint8 27.7, 26.5; (10^6,
// 30) float16 29.8, 28.8; (500000, 77) 37.5, 35.6; but of shorter rows (10^6, 33) int8 21.4, 25.1;
// (2^22, 21) float16 79.5, 80.0; (4000000, 7) 39.3, 43.7.
constexpr int kLeastBytesByWords = 48;
template <Order order, class T, class Best>
__device__ __forceinline__ void see_words(Best& best, const T* row, int length, int lane,
                                          int lanes) {
  using Word = Vector<T, 4>;
  constexpr int kSize = Word::kSize;
  const int skew = static_cast<int>(reinterpret_cast<uintptr_t>(row) % sizeof(Word) / sizeof(T));
  const int head = min((kSize - skew) % kSize, length);
  const int words = (length - head) / kSize, tail = head + words * kSize;
  BestOfEach<T, order, sizeof(Word)> of_each;
  see_all<4>(of_each, lane, words, lanes,
             [&](int word) { return *reinterpret_cast<const Word*>(row + head + word * kSize); });
  for (int i = lane; i < head; i += lanes)
    best.merge(rank_of<order>(row[i]), i);
#pragma unroll
  for (int c = 0; c < kSize; ++c)
    best.merge(of_each.rank(c), head + of_each.row(c) * kSize + c);
  for (int i = tail + lane; i < length; i += lanes)
    best.merge(rank_of<order>(row[i]), i);
}

// The best of `row[0, length)` that falls to `lane` of `lanes`, read by so many bytes at a time.
template <Order order, class T>
__device__ __forceinline__ auto best_of(const T* row, int length, int bytes, int lane, int lanes) {
  Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
  const auto see_elements = [&] {
#pragma unroll 8
    for (int i = lane; i < length; i += lanes)
      best.see(rank_of<order>(row[i]), i);
  };
  if (bytes == 16) {
    see_vectors<order, 16>(best, row, length, lane, lanes);
  } else if (bytes == 8 && sizeof(T) < 8) {
    see_vectors<order, 8>(best, row, length, lane, lanes);
  } else if constexpr (sizeof(T) <= 2) {
    if (length * sizeof(T) >= kLeastBytesByWords) {
      see_words<order>(best, row, length, lane, lanes);
    } else {
      see_elements();
    }
  } else {
    see_elements();
  }
  return best;
}

template <class T, Order order>
__global__ void __launch_bounds__(kStageThreads)
    row_stage(const __grid_constant__ FewDimsWork work) {
  __shared__ Stage stage;
  // A power of two, which the compiler does not know.
  const int lanes = work.lanes, log2_lanes = __ffs(lanes) - 1;
  const int lane = threadIdx.x & (lanes - 1), thread_row = threadIdx.x >> log2_lanes;
  const int length = static_cast<int>(work.tiling.space().reduce);
  // What was found is what is wanted, side by side: see column_thread.
  const bool is_plain = work.outer_step == 1 && work.reduced_step == 1 && !work.values;
  int64_t number = blockIdx.x;
  do {
    const Box box = work.tiling.box(number, 0, 0);
    const int count = static_cast<int>(box.outer.size());
    const T* rows = static_cast<const T*>(work.input) + work.even_outer_at(box.outer.begin).offset;
    const int64_t pitch = work.outer_count == 0 ? length : work.outer_stride;
    const T* copy = copy_tile(rows, pitch, count, length, stage);

    const int pieces = static_cast<int>(reinterpret_cast<uintptr_t>(copy)) | length * sizeof(T);
    const int bytes = pieces % 16 == 0 ? 16 : pieces % 8 == 0 ? 8 : sizeof(T);
    for (int first = 0; first < count; first += kStageThreads >> log2_lanes) {
      // Past the last row the lanes look at it once more, so that whole warps stay together.
      const int row = min(first + thread_row, count - 1);
      const auto best =
          combine_in_warp(best_of<order>(copy + row * length, length, bytes, lane, lanes), lanes);
      if (lane == 0 && row == first + thread_row) {
        const int64_t result = box.outer.begin + row;
        if (is_plain) {
          *evicted_last(work.indices + result) = static_cast<unsigned>(best.index);
        } else {
          store_result<T>(work, work.even_outer_at(result), best.index * work.reduced_step,
                          copy + row * length + best.index);
        }
      }
    }
    __syncthreads();  // before the stage is filled again
    number += gridDim.x;
  } while (number * work.tiling.tile().outer < work.tiling.space().outer);
}

const Registration registration("row_stage", [](auto type, auto order) {
  return &row_stage<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
