// column_batch: neighbouring elements belong to neighbouring results, rows are whole vectors apart,
// and there are few tiles of columns: all blocks of a cooperative launch share them, value first.
//
//   box:    a tile of columns, of all rows or of as many as 32-bit positions have
//   team:   the blocks that share a box; each leaves a candidate for each of its columns
//   block:  parts of its box; `lanes` groups of threads, with one for every vector of the tile
//   group:  some batches of each part, of a few rows each. Of a batch a thread keeps only the
//           greatest rank in each of its columns, so that a candidate is a rank and a batch.
//           Batches do not interleave: of two with equal ranks the first has the first row
//   then:   in the batch that won, the row is looked for by who stores the result
//
// On an H100 (2026-11-26), us so and by column_grid: (32768, 8192) float32 356, 364, bfloat16 188,
// 194, int8 111, 122; (8192, 8192) float32 103.5, 105.2, bfloat16 60.8, 62.5.

#include "../fold.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

// The greatest rank in each of a vector's columns.
template <class T, Order order, int kBytes>
class GreatestOfEach {
 public:
  __device__ __forceinline__ explicit GreatestOfEach(const Vector<T, kBytes>& vector) {
#pragma unroll
    for (int c = 0; c < kSize; ++c)
      ranks_[c] = rank_of<order>(vector[c]);
  }
  __device__ __forceinline__ void see(const Vector<T, kBytes>& vector) {
#pragma unroll
    for (int c = 0; c < kSize; ++c)
      ranks_[c] = greater(ranks_[c], rank_of<order>(vector[c]));
  }
  __device__ __forceinline__ Rank<T, order> rank(int c) const {
    return ranks_[c];
  }

 private:
  static constexpr int kSize = Vector<T, kBytes>::kSize;
  Rank<T, order> ranks_[kSize];
};

// The 16-bit floats have instructions for two columns at once.
template <class T, class Pair, Order order, int kBytes>
class GreatestOfEachPair {
 public:
  __device__ __forceinline__ explicit GreatestOfEachPair(const Vector<T, kBytes>& vector)
      : greatest_(vector) {}
  __device__ __forceinline__ void see(const Vector<T, kBytes>& vector) {
#pragma unroll
    for (int i = 0; i < Vector<T, kBytes>::kWords; ++i) {
      Pair a, b;
      memcpy(&a, greatest_.words + i, sizeof(a));
      memcpy(&b, vector.words + i, sizeof(b));
      const Pair pair = order == Order::Max ? __hmax2_nan(a, b) : __hmin2_nan(a, b);
      memcpy(greatest_.words + i, &pair, sizeof(pair));
    }
  }
  __device__ __forceinline__ Rank<T, order> rank(int c) const {
    return rank_of<order>(greatest_[c]);
  }

 private:
  Vector<T, kBytes> greatest_;
};
template <Order order, int kBytes>
class GreatestOfEach<Float16, order, kBytes>
    : public GreatestOfEachPair<Float16, __half2, order, kBytes> {
  using GreatestOfEachPair<Float16, __half2, order, kBytes>::GreatestOfEachPair;
};
template <Order order, int kBytes>
class GreatestOfEach<BFloat16, order, kBytes>
    : public GreatestOfEachPair<BFloat16, __nv_bfloat162, order, kBytes> {
  using GreatestOfEachPair<BFloat16, __nv_bfloat162, order, kBytes>::GreatestOfEachPair;
};

// The batches of a tile. Rows are a whole number of vectors apart; where the first begins within
// one (not kAligned), vectors are put together from elements.
template <class T, Order order, bool kAligned>
class ColumnBatches {
  static constexpr int kColumns = columns_per_thread(sizeof(T));
  static constexpr int kBytes = kColumns * sizeof(T);
  using Loaded = Vector<T, kBytes>;

 public:
  // Rows that a thread has in flight. With batches of 8 the last look took 1 to 2 us more (H100,
  // 2026-11-26).
  static constexpr int kRows = kColumnGridThreadBytes / kBytes;
  static constexpr int kBatch = 4;

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
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best_[c] = {lowest<Rank<T, order>>(), 0};
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
#pragma unroll
      for (int b = 0; b < kRows; b += kBatch) {
        GreatestOfEach<T, order, kBytes> greatest(loaded[b]);
#pragma unroll
        for (int u = 1; u < kBatch; ++u)
          greatest.see(loaded[b + u]);
#pragma unroll
        for (int c = 0; c < kColumns; ++c)
          best_[c].see(greatest.rank(c), row + b);
      }
    }
  }

  // All threads call it, once. `store(column, row, rank)` is called for each column of the tile,
  // with the first row of its batch, for neighbours by neighbouring threads.
  template <class Store>
  __device__ __forceinline__ void finish(Store store) {
    extern __shared__ uint4 memory[];
    const Folded<Rank<T, order>> folded(memory, lanes_ * width_);
    if (reads_) {
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        folded.leave(lane_ * width_ + thread_ * kColumns + c, best_[c].rank, best_[c].index);
    }
    folded.fold(lanes_, width_, store);
  }

  // The first row of the batch at `row` in which the result at `place` has a rank of that key.
  static __device__ __forceinline__ int64_t first_row(const FewDimsWork& work, Place place,
                                                      int64_t row, Key<T, order> key) {
    const T* column = static_cast<const T*>(work.input) + place.offset;
    const int64_t last = work.reduce_size() - 1;
    T loaded[kBatch];
#pragma unroll
    for (int u = 0; u < kBatch; ++u)
      loaded[u] = column[min(row + u, last) * work.reduced_stride];
    int first = kBatch - 1;
#pragma unroll
    for (int u = kBatch - 2; u >= 0; --u)
      first = key_of(rank_of<order>(loaded[u])) == key ? u : first;
    return row + first;
  }

 private:
  static __device__ __forceinline__ Loaded load(const T* address) {
    if constexpr (kAligned) {
      return Loaded::load(address);
    } else {
      T items[kColumns];
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        items[c] = address[c];
      Loaded loaded;
      memcpy(loaded.words, items, kBytes);
      return loaded;
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
  Candidate<Rank<T, order>, int> best_[kColumns];
};

template <class Batches, class T, Order order>
__device__ __forceinline__ void reduce(const FewDimsWork& work) {
  __shared__ int next[2];
  const int part_rows = Batches::kRows * work.lanes;
  const int64_t boxes = work.tiling.boxes();
  const auto settle = [&](Place place, Key<T, order> key, int64_t row) {
    return Batches::first_row(work, place, row, key) * work.reduced_step;
  };
  Team team(work, next, part_rows);
  for (int64_t number = team.box(); number < boxes; number += team.boxes()) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    const int rows = static_cast<int>(box.reduce.size());
    Batches batches(work, box, outer);
    team.begin(number);
    for (int part = team.first(); int64_t{part} * part_rows < rows; part = team.next(part)) {
      team.ask(part);
      batches.see(part * part_rows, min((part + 1) * part_rows, rows));
    }
    team.end();
    const int64_t slot = box.split * team.size() + team.member();
    batches.finish([&](int column, int row_in_box, auto rank) {
      const int64_t inner = box.inner.begin + column, row = box.reduce.begin + row_in_box;
      const Place place = work.inner_at(outer, inner);
      if (work.candidates == 1) {
        store_result<T>(work, place, settle(place, key_of(rank), row));
      } else {
        leave_candidate(work, slot, box.outer.begin * work.inner.size + inner, key_of(rank), row);
      }
    });
  }
  combine_in_grid<T, order>(work, settle);
}

template <class T, Order order>
__global__ void __launch_bounds__(kColumnGridThreads, 1)
    column_batch(const __grid_constant__ FewDimsWork work) {
  constexpr int kBytes = columns_per_thread(sizeof(T)) * sizeof(T);
  if (reinterpret_cast<uintptr_t>(work.input) % kBytes == 0) {
    reduce<ColumnBatches<T, order, true>, T, order>(work);
  } else {
    reduce<ColumnBatches<T, order, false>, T, order>(work);
  }
}

const Registration registration("column_batch", [](auto type, auto order) {
  return &column_batch<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
