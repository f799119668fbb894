// column_batch: neighbouring elements belong to neighbouring results, rows are whole vectors apart,
// and there are few tiles of columns: all blocks of a cooperative launch share them.
//
//   box:    a tile of columns, of all rows or of as many as 32-bit positions have
//   team:   the blocks that share a box; each leaves a candidate for each of its columns
//   block:  parts of its box; `lanes` groups of threads, with one for every vector of the tile
//   group:  a batch of each part: neighbouring rows, of which a thread loads a vector each
//
// On an H100 (2026-11-26), us so and by column_grid: (32768, 8192) float32 353, 362, bfloat16 186,
// 194, int8 103, 122; (8192, 8192) float32 101.3, 105.2, bfloat16 58.9, 62.1, int8 39.9, 42.8. By
// the greatest rank of 4 rows, of which the first is looked for at the end: 355, 189, 112; 103.5,
// 60.3, 42.6.

#include "../best.cuh"
#include "../column_team.cuh"
#include "../fold.cuh"
#include "../launch.h"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

// Where the first row begins within a vector (not kAligned), vectors are put together from
// elements.
template <class T, Order order, bool kAligned>
class ColumnBatches {
  static constexpr int kColumns = columns_per_thread(sizeof(T));
  static constexpr int kBytes = kColumns * sizeof(T);
  using Loaded = Vector<T, kBytes>;

 public:
  // Rows of a batch.
  static constexpr int kRows = kColumnGridThreadBytes / kBytes;

  __device__ __forceinline__ ColumnBatches(const FewDimsWork& work, const Box& box, Place outer)
      : lanes_(work.lanes), stride_(work.reduced_stride) {
    const int group = static_cast<int>(work.tiling.tile().inner) / kColumns;
    lane_ = threadIdx.x / group;
    thread_ = threadIdx.x - lane_ * group;
    width_ = static_cast<int>(box.inner.size());
    last_ = static_cast<int>(box.reduce.size()) - 1;
    reads_ = lane_ < lanes_ && thread_ * kColumns < width_;
    columns_ = static_cast<const T*>(work.input) + outer.offset + box.reduce.begin * stride_ +
               box.inner.begin + thread_ * kColumns;
  }

  // Rows [begin, end) of the box, of which the first is one of the first lane's. Calls must come in
  // ascending order.
  __device__ __forceinline__ void see(int begin, int end) {
    if (!reads_) return;
    for (int row = begin + lane_ * kRows; row < end; row += lanes_ * kRows) {
      Loaded loaded[kRows];
      const T* rows = columns_ + row * stride_;
      if (row + kRows - 1 <= last_) {
#pragma unroll
        for (int u = 0; u < kRows; ++u)
          loaded[u] = load(rows + u * stride_);
      } else {
        // The last row once more changes nothing.
#pragma unroll
        for (int u = 0; u < kRows; ++u)
          loaded[u] = load(rows + min(u, last_ - row) * stride_);
      }
      best_.see(loaded, row);
    }
  }

  // All threads call it, once. `store(column, row, rank)` is called for each column of the tile,
  // for neighbours by neighbouring threads.
  template <bool kRanks, class Store>
  __device__ __forceinline__ void finish(Store store) {
    extern __shared__ uint4 memory[];
    const Folded<Rank<T, order>> folded(memory, lanes_ * width_);
    if (reads_) {
      Rank<T, order> ranks[kColumns];
      int rows[kColumns];
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        ranks[c] = best_.rank(c);
        rows[c] = best_.row(c);
      }
      folded.leave_vector(lane_ * width_ + thread_ * kColumns, ranks, rows);
    }
    folded.fold(lanes_, width_, store);
  }

 private:
  static __device__ __forceinline__ Loaded load(const T* address) {
    if constexpr (kAligned) {
      return Loaded::load(address);
    } else {
      return Loaded::load_elements(address);
    }
  }

  int lanes_;
  int lane_;
  int thread_;  // in its lane
  int width_;
  int last_;  // row of the box
  bool reads_;
  int64_t stride_;
  const T* columns_;  // this thread's, in row 0
  BestOfEach<T, order, kBytes> best_;
};

template <class T, Order order>
__global__ void __launch_bounds__(kColumnGridThreads, 1)
    column_batch(const __grid_constant__ FewDimsWork work) {
  constexpr int kBytes = columns_per_thread(sizeof(T)) * sizeof(T);
  using Aligned = ColumnBatches<T, order, true>;
  if (reinterpret_cast<uintptr_t>(work.input) % kBytes == 0) {
    reduce_in_teams<Aligned, T, order>(work, Aligned::kRows * work.lanes);
  } else {
    reduce_in_teams<ColumnBatches<T, order, false>, T, order>(work, Aligned::kRows * work.lanes);
  }
}

const Registration registration("column_batch", [](auto type, auto order) {
  return &column_batch<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
