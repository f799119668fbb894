#pragma once
// How threads of a block that hold candidates for the same columns fold them.

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

  // All threads of the block call it, when each has left what it has. `give(column, index, rank)`
  // is called for the best of each column, for neighbours by neighbouring threads.
  template <class Give>
  __device__ __forceinline__ void fold(int lanes, int columns, Give give) const {
    constexpr int kLeast = 4;  // lanes of a thread
    const int threads = blockDim.x;
    __syncthreads();
    while (lanes > 1) {
      // As many threads for a column as there are.
      const int groups = max(1, min(threads / columns, lanes / kLeast));
      const int stride = groups * columns;
      for (int place = threadIdx.x; place < stride; place += threads) {
        Candidate<R, int> best{ranks_[place], indices_[place]};
        for (int other = place + stride; other < lanes * columns; other += stride)
          best.merge(ranks_[other], indices_[other]);
        leave(place, best.rank, best.index);
      }
      lanes = groups;
      __syncthreads();
    }
    for (int column = threadIdx.x; column < columns; column += threads)
      give(column, indices_[column], ranks_[column]);
    __syncthreads();  // before candidates are left for the next box
  }

 private:
  R* ranks_;
  int* indices_;
};

}  // namespace torch_argmax::cuda
