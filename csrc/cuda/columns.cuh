#pragma once
// How a block reads a tile of columns, of which neighbours lie side by side in memory.
//
// The block's threads are `lanes` groups: a group has a thread for every vector of the tile, and
// reads every lanes-th row. Where a row begins within a vector, so do the group's other rows: then
// a thread has the same columns in all of them, and its loads are aligned wherever rows begin. That
// takes a number of lanes to which the plan sees. Where it cannot, a thread's columns are as far
// apart as the tile has threads, and are read one by one.

#include "../work.h"
#include "best.cuh"
#include "combine.cuh"
#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// A thread has kThreadBytes in flight, or where it reads by elements those of two rows: of four,
// (128, 4096, 4095) float32 took 4272 us instead of 3097. Of 16-bit types, which are rarely read
// so, it has one row: with two, registers were spilled, and (8, 19, 1024, 2048) float16 took 274 us
// instead of 260 by vectors (H100, 2026-11-24).
//
// Where a thread has the registers for it (column_grid), it looks at whole batches, and at several
// columns at once: us so, and row by row, (32768, 8191) float32 358, 380, bfloat16 193, 204; (95,
// 10000, 70) 116, 135; (203, 10000, 33) float16 67, 78. With 64 registers (column_tile) it does not
// pay: (8, 19, 1024, 2048) float16 272, 261; (16, 21, 513, 513) float64 292, 264 (H100,
// 2026-11-26).
template <class T, Order order, int kThreadBytes>
class ColumnScan {
  static constexpr int kColumns = columns_per_thread(sizeof(T));
  static constexpr int kBytes = kColumns * sizeof(T);
  static constexpr int kElementRows = sizeof(T) == 2 ? 1 : 2;
  using Loaded = Vector<T, kBytes>;
  static constexpr bool kBatches = kThreadBytes > cuda::kThreadBytes;
  using Best =
      std::conditional_t<kBatches, BestOfEach<T, order, kBytes>, BestByElement<T, order, kBytes>>;

 public:
  // Rows that a thread has in flight, of one load each.
  static constexpr int kRows = kThreadBytes / kBytes;

  // `outer` is the place of the box in the outer dimensions.
  __device__ __forceinline__ ColumnScan(const FewDimsWork& work, const Box& box, Place outer)
      : lanes_(work.lanes), stride_(work.reduced_stride) {
    const T* slab = static_cast<const T*>(work.input) + outer.offset;
    rows_ = slab + box.reduce.begin * stride_ + box.inner.begin;
    width_ = static_cast<int>(box.inner.size());
    const int vectors = static_cast<int>(work.tiling.tile().inner) / kColumns;
    // Where a block has the threads for it, a group has one more, as rows take that begin within a
    // vector.
    tile_threads_ = vectors + (static_cast<int>(blockDim.x) > vectors * lanes_ + lanes_ - 1);
    // Short reductions are all prologue: no division where there is nothing to divide.
    lane_ = lanes_ == 1 ? threadIdx.x >= tile_threads_ : threadIdx.x / tile_threads_;
    thread_ = threadIdx.x - lane_ * tile_threads_;

    box_rows_ = static_cast<int>(box.reduce.size());
    skew_of_tile_ =
        static_cast<unsigned>(reinterpret_cast<uintptr_t>(rows_) / sizeof(T)) % kColumns;
    skew_of_row_ = static_cast<unsigned>(stride_) % kColumns;
    by_vectors_ = (lanes_ * skew_of_row_ % kColumns == 0 || box_rows_ <= lanes_) &&
                  (tile_threads_ > vectors || (skew_of_tile_ == 0 && skew_of_row_ == 0));
    first_ = by_vectors_ ? thread_ * kColumns - skew(lane_) : thread_;
    // Threads that only fill the last warp have a lane past the last, and others no column.
    reads_ = lane_ < lanes_ && first_ < width_;
    // What a vector has from beyond the tile is of the slab too, but for the outermost rows of the
    // first and the last tile: one, or some if rows are shorter than a vector.
    const int64_t outermost = stride_ >= kColumns ? 1 : kColumns;
    const bool begins_before = box.inner.begin + first_ < 0;
    const bool ends_after = box.inner.begin + first_ + kColumns > work.tiling.space().inner;
    const int64_t last = work.tiling.space().reduce - outermost - box.reduce.begin;
    inner_begin_ =
        begins_before ? static_cast<int>(max(outermost - box.reduce.begin, int64_t{0})) : 0;
    inner_end_ = ends_after ? static_cast<int>(min(last, int64_t{box_rows_})) : box_rows_;
  }

  // Rows [begin, end) of the box. Calls must come in ascending order.
  __device__ __forceinline__ void see(int begin, int end) {
    if (!reads_) return;
    if (by_vectors_) {
      const T* column = rows_ + first_;
      see_rows<kRows>(begin, min(end, inner_end_),
                      [&](int row) { return Loaded::load(column + row * stride_); });
    } else {
      see_rows<kElementRows>(begin, end, [&](int row) { return load_apart(row); });
    }
  }

  // All threads call it, once. `store(column, row)` is called for each column of the tile, for
  // neighbours by neighbouring threads; or if kRanks, `store(column, row, rank)`. In the block's
  // dynamic shared memory threads leave an index for each of their columns for each other, and
  // where ranks are wanted or compared a rank.
  template <bool kRanks, class Store>
  __device__ __forceinline__ void finish(Store store) {
    extern __shared__ uint4 memory[];
    Shared shared;
    shared.indices = reinterpret_cast<int*>(memory);
    shared.ranks = reinterpret_cast<Rank<T, order>*>(shared.indices + blockDim.x * kColumns);
    const auto give = [&](int column, int row, Rank<T, order> rank) {
      if constexpr (kRanks) {
        store(column, row, rank);
      } else {
        store(column, row);
      }
    };
    Candidate<Rank<T, order>, int> best[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c] = {best_.rank(c), best_.row(c)};
    if (reads_ && by_vectors_ && (inner_begin_ > 0 || inner_end_ < box_rows_)) see_outermost(best);
    if (lanes_ == 1 && !by_vectors_) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int column = thread_ + c * tile_threads_;
        if (!reads_ || column >= width_) break;
        give(column, best[c].index, best[c].rank);
      }
      return;
    }
    const auto give_from = [&](int column, int place) {
      give(column, shared.indices[place], shared.ranks[place]);
    };
    // What a group leaves begins with what its first thread has.
    const int pitch = tile_threads_ * kColumns;
    const auto leave = [&](int c, int place) {
      if (kRanks || lanes_ > 1) shared.ranks[place] = best[c].rank;
      shared.indices[place] = best[c].index;
    };
    if (reads_ && by_vectors_) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        leave(c, (lane_ * tile_threads_ + thread_) * kColumns + c);
    } else if (reads_) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        leave(c, lane_ * pitch + c * tile_threads_ + thread_);
    }
    if (lanes_ == 1) {
      // A warp has the columns that it stores: no other needs to have arrived.
      __syncwarp();
      const int in_warp = threadIdx.x % 32, warp_begin = (threadIdx.x - in_warp) * kColumns;
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int place = warp_begin + c * 32 + in_warp, column = place - skew(0);
        if (column >= 0 && column < width_) give_from(column, place);
      }
      __syncwarp();  // before candidates are left for the next box
      return;
    }
    __syncthreads();
    // As many threads for a column as there are, each for some lanes; then one. The best of those
    // takes the place of the first.
    const auto fold = [&](int column, int first, int end, int step) {
      const int first_place = place_of(first, column);
      Candidate<Rank<T, order>, int> best{shared.ranks[first_place], shared.indices[first_place]};
      for (int lane = first + step; lane < end; lane += step) {
        const int place = place_of(lane, column);
        best.merge(shared.ranks[place], shared.indices[place]);
      }
      shared.ranks[first_place] = best.rank;
      shared.indices[first_place] = best.index;
    };
    const int groups = max(1, min(static_cast<int>(blockDim.x) / width_, lanes_ / 2));
    if (groups > 1) {
      const int group = threadIdx.x / width_;
      if (group < groups) fold(threadIdx.x - group * width_, group, lanes_, groups);
      __syncthreads();
    }
    for (int column = threadIdx.x; column < width_; column += blockDim.x) {
      fold(column, 0, groups > 1 ? groups : lanes_, 1);
      give_from(column, place_of(0, column));
    }
    __syncthreads();  // before candidates are left for the next box
  }

 private:
  struct Shared {
    Rank<T, order>* ranks;
    int* indices;
  };

  // How far into a vector the rows of a lane begin.
  __device__ __forceinline__ int skew(int lane) const {
    return by_vectors_ ? (skew_of_tile_ + lane * skew_of_row_) % kColumns : 0;
  }

  // Where a lane leaves what it has of a column.
  __device__ __forceinline__ int place_of(int lane, int column) const {
    return lane * tile_threads_ * kColumns + skew(lane) + column;
  }

  // Of a row, what this thread reads by elements.
  __device__ __forceinline__ Loaded load_apart(int row) const {
    T items[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      items[c] = rows_[row * stride_ + min(thread_ + c * tile_threads_, width_ - 1)];
    Loaded loaded;
    memcpy(loaded.words, items, kBytes);
    return loaded;
  }

  // The rows that `see` leaves out: of their vectors, what is of the tile.
  __device__ __forceinline__ void see_outermost(
      Candidate<Rank<T, order>, int> (&best)[kColumns]) const {
#pragma unroll 1
    for (int row = lane_; row < box_rows_; row += lanes_) {
      if (row >= inner_begin_ && row < inner_end_) {
        row += (inner_end_ - row - 1) / lanes_ * lanes_;
        continue;
      }
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        if (first_ + c < 0 || first_ + c >= width_) continue;
        best[c].merge(rank_of<order>(rows_[row * stride_ + first_ + c]), row);
      }
    }
  }

  // Every lanes-th row of [begin, end), but for those before inner_begin_.
  template <int kUnroll, class Load>
  __device__ __forceinline__ void see_rows(int begin, int end, Load load) {
    int row = begin + lane_;
    while (row < inner_begin_)
      row += lanes_;
    if constexpr (kBatches) {
      see_batches<kUnroll>(row, end, load);
    } else {
      see_all<kUnroll>(best_, row, end, lanes_, load);
    }
  }

  template <int kUnroll, class Load>
  __device__ __forceinline__ void see_batches(int row, int end, Load load) {
    for (; row < end; row += kUnroll * lanes_) {
      Loaded loaded[kUnroll];
      if (row + (kUnroll - 1) * lanes_ < end) {
#pragma unroll
        for (int u = 0; u < kUnroll; ++u)
          loaded[u] = load(row + u * lanes_);
      } else {
        // A row once more changes nothing.
        loaded[0] = load(row);
#pragma unroll
        for (int u = 1; u < kUnroll; ++u) {
          loaded[u] = loaded[0];
          if (row + u * lanes_ < end) loaded[u] = load(row + u * lanes_);
        }
      }
      best_.see(loaded, row, lanes_);
    }
  }

  int lanes_;
  int tile_threads_;
  int lane_;
  int thread_;  // in its lane
  int width_;
  int first_;  // column of this thread; may lie before the tile
  unsigned skew_of_tile_;
  unsigned skew_of_row_;
  // Rows of the box, and which of them all threads read by vectors.
  int box_rows_;
  int inner_begin_;
  int inner_end_;
  int64_t stride_;
  const T* rows_;
  bool by_vectors_;
  bool reads_;
  Best best_;
};

}  // namespace torch_argmax::cuda
