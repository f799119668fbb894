#pragma once
// How threads of a block that hold candidates for the same columns fold them.

#include <type_traits>

#include "../order.h"

namespace torch_argmax::cuda {

// Candidates in shared memory, lane after lane: that of a column is at `lane * columns + column`.
template <class R>
class Folded {
 public:
  // `memory` has room for so many candidates.
  __device__ __forceinline__ Folded(void* memory, int candidates)
      : ranks_(static_cast<R*>(memory)), indices_(reinterpret_cast<int*>(ranks_ + candidates)) {}

  __device__ __forceinline__ void leave(int place, R rank, int index) const {
    ranks_[place] = rank;
    indices_[place] = index;
  }

  // Candidates of neighbouring columns, as whole vectors: neighbouring threads that store elements
  // so far apart would wait for each other's banks. `place` is a multiple of kColumns.
  template <int kColumns>
  __device__ __forceinline__ void leave_vector(int place, const R (&ranks)[kColumns],
                                               const int (&indices)[kColumns]) const {
    store_vectors(ranks_ + place, ranks);
    store_vectors(indices_ + place, indices);
  }

  // All threads of the block call it, when each has left what it has. `give(column, index, rank)`
  // is called for the best of each column, for neighbours by neighbouring threads.
  template <class Give>
  __device__ __forceinline__ void fold(int lanes, int columns, Give give) const {
    constexpr int kLeast = 8;  // lanes of a thread
    const int threads = blockDim.x;
    __syncthreads();
    const auto best_of = [&](int place, int stride) {
      Candidate<R, int> best{ranks_[place], indices_[place]};
      for (int other = place + stride; other < lanes * columns; other += stride)
        best.merge(ranks_[other], indices_[other]);
      return best;
    };
    // As many threads for a column as there are; then one.
    for (;;) {
      const int groups = min(threads / columns, lanes / kLeast);
      if (groups <= 1) break;
      const int stride = groups * columns, place = threadIdx.x;
      if (place < stride) {
        const auto best = best_of(place, stride);
        leave(place, best.rank, best.index);
      }
      lanes = groups;
      __syncthreads();
    }
    for (int column = threadIdx.x; column < columns; column += threads) {
      const auto best = best_of(column, columns);
      give(column, best.index, best.rank);
    }
    __syncthreads();  // before candidates are left for the next box
  }

 private:
  template <class Item, int kItems>
  static __device__ __forceinline__ void store_vectors(Item* to, const Item (&items)[kItems]) {
    constexpr int kBytes = kItems * sizeof(Item) < 16 ? kItems * sizeof(Item) : 16;
    using Vector = std::conditional_t<kBytes == 16, uint4, uint2>;
    static_assert(kItems * sizeof(Item) % kBytes == 0 && kBytes >= 8);
    Vector vectors[kItems * sizeof(Item) / kBytes];
    memcpy(vectors, items, sizeof(items));
#pragma unroll
    for (int i = 0; i < static_cast<int>(kItems * sizeof(Item)) / kBytes; ++i)
      reinterpret_cast<Vector*>(to)[i] = vectors[i];
  }

  R* ranks_;
  int* indices_;
};

}  // namespace torch_argmax::cuda
