#pragma once
// How a block reads a tile of columns, of which neighbours lie side by side in memory.
//
// The block's threads are `lanes` groups: a group has a thread for every few columns of the tile,
// and reads every lanes-th row. A thread's columns are neighbours, read by one load of 8 or 16
// bytes, where all rows begin at a multiple of those; and elsewhere as far apart as the tile has
// threads, read by elements.

#include "../work.h"
#include "combine.cuh"
#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// A thread has kThreadBytes in flight, or where it reads by elements kElementLoads of them.
template <class T, Order order, int kThreads, int kThreadBytes, int kElementLoads>
class ColumnScan {
  static constexpr int kColumns = columns_per_thread(sizeof(T));
  static constexpr int kBytes = kColumns * sizeof(T);

 public:
  using Shared = Apart<kThreads, kColumns, Rank<T, order>, int>;

  // Rows that a thread has in flight, of one load each.
  static constexpr int kRows = kThreadBytes / kBytes;

  // `outer` is the place of the box in the outer dimensions.
  __device__ __forceinline__ ColumnScan(const FewDimsWork& work, const Box& box, Place outer)
      : lanes_(work.lanes),
        tile_threads_(static_cast<int>(work.tiling.tile().inner) / kColumns),
        lane_(threadIdx.x / tile_threads_),
        thread_(threadIdx.x % tile_threads_),
        width_(static_cast<int>(box.inner.size())),
        stride_(work.reduced_stride),
        rows_(static_cast<const T*>(work.input) + outer.offset + box.reduce.begin * stride_ +
              box.inner.begin),
        by_vectors_(reinterpret_cast<uintptr_t>(rows_) % kBytes == 0 && stride_ % kColumns == 0 &&
                    width_ % kColumns == 0) {
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best_[c] = {lowest<Rank<T, order>>(), 0};
  }

  // Rows [begin, end) of the box. Calls must come in ascending order.
  __device__ __forceinline__ void see(int begin, int end) {
    // Threads that only fill the last warp have a lane past the last, and nothing to read. Past the
    // last column a thread reads it once more, and it is not stored.
    if (lane_ >= lanes_) return;
    if (by_vectors_) {
      const T* column = rows_ + min(thread_ * kColumns, width_ - kColumns);
      see_rows<kRows>(begin, end,
                      [&](int row) { return Vector<T, kBytes>::load(column + row * stride_); });
    } else {
      see_rows<kElementLoads / kColumns>(begin, end, [&](int row) {
        Elements elements;
#pragma unroll
        for (int c = 0; c < kColumns; ++c)
          elements.items[c] = rows_[row * stride_ + min(thread_ + c * tile_threads_, width_ - 1)];
        return elements;
      });
    }
  }

  // All threads call it, once. `store(column, row)` is called for each column of the tile, for
  // neighbours by neighbouring threads; or if kRanks, `store(column, row, rank)`.
  template <bool kRanks, class Store>
  __device__ __forceinline__ void finish(Shared& shared, Store store) {
    combine_apart(best_, lane_, lanes_, tile_threads_, shared);
    if (lane_ == 0) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        if constexpr (kRanks) shared.ranks[thread_][c] = best_[c].rank;
        shared.indices[thread_][c] = best_[c].index;
      }
    }
    __syncthreads();
    for (int column = threadIdx.x; column < width_; column += blockDim.x) {
      const int owner = by_vectors_ ? column / kColumns : column % tile_threads_;
      const int c = by_vectors_ ? column % kColumns : column / tile_threads_;
      const int row = shared.indices[owner][c];
      if constexpr (kRanks) {
        store(column, row, shared.ranks[owner][c]);
      } else {
        store(column, row);
      }
    }
    __syncthreads();  // before candidates are left for the next box
  }

 private:
  struct Elements {
    T items[kColumns];
    __device__ __forceinline__ T operator[](int c) const { return items[c]; }
  };

  template <int kUnroll, class Load>
  __device__ __forceinline__ void see_rows(int begin, int end, Load load) {
    using Loaded = decltype(load(0));
    const auto see = [&](const Loaded& loaded, int row) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        best_[c].see(rank_of<order>(loaded[c]), row);
    };
    int row = begin + lane_;
    for (; row + (kUnroll - 1) * lanes_ < end; row += kUnroll * lanes_) {
      Loaded loaded[kUnroll];
#pragma unroll
      for (int u = 0; u < kUnroll; ++u)
        loaded[u] = load(row + u * lanes_);
#pragma unroll
      for (int u = 0; u < kUnroll; ++u)
        see(loaded[u], row + u * lanes_);
    }
    // The last rows, together too: short reductions have no others.
    if (row >= end) return;
    Loaded loaded[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      if (row + u * lanes_ < end) loaded[u] = load(row + u * lanes_);
    }
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      if (row + u * lanes_ < end) see(loaded[u], row + u * lanes_);
    }
  }

  int lanes_;
  int tile_threads_;
  int lane_;
  int thread_;
  int width_;
  int64_t stride_;
  const T* rows_;
  bool by_vectors_;
  Candidate<Rank<T, order>, int> best_[kColumns];
};

}  // namespace torch_argmax::cuda
