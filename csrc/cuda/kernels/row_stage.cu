// row_stage: short contiguous rows, many of them staged through shared memory.
//
//   block:  a tile of rows, about 7 KB
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

// The value first, the index later: of the vector that had it, which is read again.
template <Order order, int kBytes, class T, class Best>
__device__ __forceinline__ void see_vectors(Best& best, const T* row, int length, Lanes lanes) {
  using Vector = Vector<T, kBytes>;
  using Greatest = Greatest<T, order, kBytes>;
  int first = lanes.lane * Vector::kSize, winner = -1;
#pragma unroll 4
  for (int turns = lanes.turns(length / Vector::kSize); turns > 0; --turns) {
    const auto rank = Greatest(Vector::load_shared(row + first)).rank();
    const bool wins = beats(rank, best.rank);
    best.rank = wins ? rank : best.rank;
    winner = wins ? first : winner;
    first += lanes.count * Vector::kSize;
  }
  if (winner < 0) return;
  const Vector vector = Vector::load_shared(row + winner);
  best.index = winner + Greatest(vector).first_in(vector);
}

// The same of small elements in rows that begin anywhere: word by word, with those of one word seen
// at once, and what is left of words at both ends one by one. On an H100 (2026-11-27), us by
// elements, so: (2^20, 129) uint8 80, 58, float16 103.8, 103.1; (10^6, 50) uint8 27.7, 26.5; (10^6,
// 30) float16 29.8, 28.8; (500000, 77) 37.5, 35.6; but of shorter rows (10^6, 33) int8 21.4, 25.1;
// (2^22, 21) float16 79.5, 80.0; (4000000, 7) 39.3, 43.7.
constexpr int kLeastBytesByWords = 48;
template <Order order, class T, class Best>
__device__ __forceinline__ void see_words(Best& best, const T* row, int length, Lanes lanes) {
  using Word = Vector<T, 4>;
  constexpr int kSize = Word::kSize;
  const int skew = static_cast<int>(reinterpret_cast<uintptr_t>(row) % sizeof(Word) / sizeof(T));
  const int head = min((kSize - skew) % kSize, length);
  const int words = (length - head) / kSize, tail = head + words * kSize;
  BestOfEach<T, order, sizeof(Word)> of_each;
  see_all<4>(of_each, lanes.lane, words, lanes.count,
             [&](int word) { return *reinterpret_cast<const Word*>(row + head + word * kSize); });
  for (int i = lanes.lane; i < head; i += lanes.count)
    best.merge(rank_of<order>(row[i]), i);
#pragma unroll
  for (int c = 0; c < kSize; ++c)
    best.merge(of_each.rank(c), head + of_each.row(c) * kSize + c);
  for (int i = tail + lanes.lane; i < length; i += lanes.count)
    best.merge(rank_of<order>(row[i]), i);
}

// The best of what falls to a lane of `row[0, length)`, read by so many bytes at a time.
template <Order order, class T>
__device__ __forceinline__ auto best_of(const T* row, int length, int bytes, Lanes lanes) {
  Candidate<Rank<T, order>, int> best{lowest<Rank<T, order>>(), 0};
  const bool is_long = sizeof(T) <= 2 && length * sizeof(T) >= kLeastBytesByWords;
  if (bytes == 16) {
    see_vectors<order, 16>(best, row, length, lanes);
  } else if (bytes == 8 && sizeof(T) < 8) {
    see_vectors<order, 8>(best, row, length, lanes);
  } else if (is_long) {
    if constexpr (sizeof(T) <= 2) see_words<order>(best, row, length, lanes);
  } else {
    int i = lanes.lane;
#pragma unroll 8
    for (int turns = lanes.turns(length); turns > 0; --turns, i += lanes.count)
      best.see(rank_of<order>(row[i]), i);
  }
  return best;
}

template <class T, Order order>
__global__ void __launch_bounds__(kStageThreads)
    row_stage(const __grid_constant__ FewDimsWork work) {
  const Extents space = work.tiling.space();
  const int length = static_cast<int>(space.reduce);
  const int64_t tile = work.tiling.tile().outer, begin = blockIdx.x * tile;
  const int count = static_cast<int>(min(tile, space.outer - begin));
  const T* rows = static_cast<const T*>(work.input) + work.even_outer_at(begin).offset;
  const int64_t pitch = work.outer_count == 0 ? length : work.outer_stride;
  const int skew = copy_tile(rows, pitch, count, length);
  const T* const copy = stage<T>() + skew;

  const Lanes lanes(work.lanes);
  const int pieces = (skew | length) * sizeof(T);
  const int bytes = pieces % 16 == 0 ? 16 : pieces % 8 == 0 ? 8 : sizeof(T);
  const bool stores_as_found = work.stores_as_found(work.outer_step);
  for (int first = 0; first < count; first += lanes.groups(kStageThreads)) {
    // Past the last row the lanes look at it once more, so that whole warps stay together.
    const int wanted = first + lanes.group(), row = min(wanted, count - 1);
    const T* const elements = copy + row * length;
    const auto best = combine_in_warp(best_of<order>(elements, length, bytes, lanes), lanes.count);
    if (lanes.lane != 0 || row != wanted) continue;
    if (stores_as_found) {
      store_as_found(work, begin + row, best.index);
    } else {
      store_result<T>(work, work.even_outer_at(begin + row), best.index * work.reduced_step,
                      elements + best.index);
    }
  }
}

const Registration registration("row_stage", [](auto type, auto order) {
  return &row_stage<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
