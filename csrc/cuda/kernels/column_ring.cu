// column_ring: neighbouring elements of 8 bytes belong to neighbouring results, and rows lie end to
// end, wherever they begin, in large slabs. (Of smaller ones: column_front.)
//
//   block:  an equal share of the rows of all slabs, in pieces of one slab each. A piece is read as
//           one stream of chunks through a ring in shared memory. Chunks begin where cache lines
//           do: rows of 4095 float32 copied one by one took 5 % more than the stream that they form
//           (a probe on an H100, 2026-11-22)
//   period: `lanes` rows, as many as make 16 KB, or one. It is looked at when all of it has arrived
//   thread: a few elements of every period: each stays in one column, and meets every lanes-th row
//   then:   candidates of the same column are folded through shared memory. Where several blocks
//           have pieces of a slab, each combines what they found in some columns

#include <cuda_pipeline_primitives.h>

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

// `run[0, length)` in chunks, copied into the slots of the ring in turn. A position of the run is
// at `skew` and that position, modulo the size of the ring. Nothing outside the run is read.
template <class T, int kStages>
class Stream {
 public:
  static constexpr int kChunk = kRingChunkBytes / sizeof(T);

  __device__ __forceinline__ Stream(const T* run, int64_t length, void* ring)
      : ring_(static_cast<T*>(ring)),
        skew_(static_cast<int>(reinterpret_cast<uintptr_t>(run) % kLineBytes / sizeof(T))),
        line_(run - skew_),
        chunks_(static_cast<int>((skew_ + length + kChunk - 1) / kChunk)),
        last_size_(static_cast<int>(skew_ + length - (chunks_ - 1) * int64_t{kChunk})) {}

  __device__ __forceinline__ int skew() const { return skew_; }
  __device__ __forceinline__ int chunks() const { return chunks_; }
  __device__ __forceinline__ int size(int chunk) const {
    return chunk + 1 < chunks_ ? kChunk : last_size_;
  }

  // Asks for the next chunk, if there is one, and commits.
  __device__ __forceinline__ void fill() {
    T* const slot = ring_ + slot_ * kChunk;
    if (next_ > 0 && next_ + 1 < chunks_) {
      // A path of its own: with the bounds of a part (128, 2048, 8190) float16 took 1487 us, and so
      // 1458 (H100, 2026-11-26).
      copy(slot, [](int) { return true; });
    } else if (next_ < chunks_) {
      copy_part(slot, next_ == 0 ? skew_ : 0, size(next_));
    }
    __pipeline_commit();
    ++next_;
    line_ += kChunk;
    slot_ = slot_ + 1 < kStages ? slot_ + 1 : 0;
  }

 private:
  static constexpr int kSize = Vector<T>::kSize;

  // The vectors of the next chunk of which the place is `wanted`.
  template <class Wanted>
  __device__ __forceinline__ void copy(T* slot, Wanted wanted) const {
    constexpr int kStep = kColumnRingThreads * kSize;
    const int first = threadIdx.x * kSize;
#pragma unroll
    for (int at = 0; at < kChunk; at += kStep) {
      const bool is_inside = at + kStep <= kChunk || at + first < kChunk;
      if (is_inside && wanted(at + first))
        __pipeline_memcpy_async(slot + first + at, line_ + first + at, sizeof(uint4));
    }
  }

  // The elements [begin, end) of it: nothing else is read.
  __device__ __forceinline__ void copy_part(T* slot, int begin, int end) const {
    copy(slot, [&](int place) { return place >= begin && place + kSize <= end; });
    // Of vectors that the run shares with what lies before and after it.
    const int head = begin + threadIdx.x;
    const int head_end = min((begin + kSize - 1) / kSize * kSize, end);
    const int tail = max(end / kSize * kSize, head_end) + threadIdx.x;
    if (head < head_end) slot[head] = line_[head];
    if (tail < end) slot[tail] = line_[tail];
  }

  T* ring_;
  int skew_;
  const T* line_;  // where the next chunk begins
  int chunks_;
  int last_size_;
  int next_ = 0;
  int slot_ = 0;  // for the next
};

__device__ __forceinline__ int dynamic_shared_bytes() {
  int bytes;
  asm("mov.u32 %0, %%dynamic_smem_size;" : "=r"(bytes));
  return bytes;
}

// A candidate for each element of a period.
template <int kColumns, class R>
struct Slots {
  Candidate<R, int> slots[kColumns * kColumnRingThreads];
};

// Gives the best of each column to the first element of a period that has it. What candidates are
// indexed by are periods before, and rows after.
template <int kColumns, class R>
__device__ __forceinline__ void fold(Candidate<R, int> (&best)[kColumns], int lanes, int columns,
                                     Slots<kColumns, R>& shared) {
#pragma unroll
  for (int c = 0; c < kColumns; ++c) {
    const int place = c * kColumnRingThreads + threadIdx.x;
    best[c].index = best[c].index * lanes + place / columns;
    shared.slots[place] = best[c];
  }
  for (int left = lanes; left > 1;) {
    __syncthreads();
    const int half = (left + 1) / 2;
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int place = c * kColumnRingThreads + threadIdx.x;
      const int partner = place + half * columns;
      if (partner >= left * columns) break;
      best[c].merge(shared.slots[partner].rank, shared.slots[partner].index);
      shared.slots[place] = best[c];
    }
    left = half;
  }
}

// The rows of all slabs, one after another, and a block's share of them.
struct Share {
  int64_t slab_rows, size, begin, end;

  __device__ __forceinline__ Share(const Extents& space) : slab_rows(space.reduce) {
    const int64_t rows = space.outer * slab_rows;
    size = quotient(rows + gridDim.x - 1, gridDim.x);
    begin = blockIdx.x * size;
    end = min(begin + size, rows);
  }
  // The block that has a row.
  __device__ __forceinline__ int64_t owner(int64_t row) const { return quotient(row, size); }
};

// A period is in two chunks, or in three if it is longer than one; those are kept until all of it
// has arrived, and the ring's other chunks are under way.
template <class T, Order order, int kStages>
__device__ __forceinline__ void reduce_share(const FewDimsWork& work, uint4* memory) {
  using Rank = Rank<T, order>;
  constexpr int kColumns = kRingColumns / kColumnRingThreads;
  constexpr int kChunk = Stream<T, kStages>::kChunk, kRing = kStages * kChunk;
  const T* ring = reinterpret_cast<const T*>(memory);
  const int columns = static_cast<int>(work.tiling.space().inner);
  const int lanes = work.lanes;
  const int period = lanes * columns;
  const bool is_long = period > kChunk;
  const int ahead = kStages - (is_long ? 3 : 2);
  const int thread = threadIdx.x;
  const Share share(work.tiling.space());
  for (int64_t row = share.begin, end; row < share.end; row = end) {
    const int64_t slab = quotient(row, share.slab_rows), slab_begin = slab * share.slab_rows;
    end = min(slab_begin + share.slab_rows, share.end);
    const Place outer = work.outer_at(slab);
    const T* piece =
        static_cast<const T*>(work.input) + outer.offset + (row - slab_begin) * columns;
    Stream<T, kStages> stream(piece, (end - row) * columns, memory);
    for (int i = 0; i < ahead; ++i)
      stream.fill();

    Candidate<Rank, int> best[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c] = {lowest<Rank>(), 0};
    int at = stream.skew();  // of the next period, in the ring
    int turn = 0;            // its number
    // Looks at the first `size` elements of the next period, each as far from `base_of(its column)`
    // as from this thread's first.
    const auto look = [&](int size, auto base_of) {
      T loaded[kColumns];  // under way together
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int column = c * kColumnRingThreads + thread;
        if (column < size) loaded[c] = base_of(column)[column - thread];
      }
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int column = c * kColumnRingThreads + thread;
        if (column < size) best[c].see(rank_of<order>(loaded[c]), turn);
      }
    };
    const auto see = [&](int size) {
      const T* const base = ring + at + thread;
      if (at + size <= kRing) {
        look(size, [=](int) { return base; });
      } else {
        const int wraps = kRing - at;
        look(size, [=](int column) { return column < wraps ? base : base - kRing; });
      }
      at += size;
      if (at >= kRing) at -= kRing;
      ++turn;
    };
    int arrived = -stream.skew();
    for (int chunk = 0; chunk < stream.chunks(); ++chunk) {
      if (is_long) {
        __pipeline_wait_prior(kStages - 4);
      } else {
        __pipeline_wait_prior(kStages - 3);
      }
      __syncthreads();
      stream.fill();
      arrived += stream.size(chunk);
      for (; arrived >= period; arrived -= period)
        see(period);
    }
    if (arrived > 0) see(arrived);

    __syncthreads();
    if (lanes > 1) {
      auto& slots = *reinterpret_cast<Slots<kColumns, Rank>*>(memory);
      static_assert(sizeof(slots) <= kRingStages * kRingChunkBytes);
      fold(best, lanes, columns, slots);
      __syncthreads();  // before the ring is filled again
    }
    const int64_t number = blockIdx.x - Share(work.tiling.space()).owner(slab_begin);
    const bool is_whole = end - row == work.tiling.space().reduce;
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int column = c * kColumnRingThreads + thread;
      if (column >= columns) break;
      const int64_t index = (row - slab_begin + best[c].index) * work.reduced_step;
      if (is_whole) {
        store_result<T>(work, work.inner_at(outer, column), index);
      } else {
        leave_candidate(work, number, slab * columns + column, key_of(best[c].rank), index);
      }
    }
  }
}

// Combines what blocks have found in the slabs of which each has but a piece: each some columns.
template <class T, Order order>
__device__ __forceinline__ void combine_pieces(const FewDimsWork& work) {
  if (work.candidates == 1) return;
  const Share share(work.tiling.space());
  cooperative_groups::this_grid().sync();
  const int64_t columns = work.tiling.space().inner;
  for (int64_t row = share.begin, end; row < share.end; row = end) {
    const int64_t slab = quotient(row, share.slab_rows), slab_begin = slab * share.slab_rows;
    const int64_t slab_end = slab_begin + share.slab_rows;
    end = min(slab_end, share.end);
    const int64_t first = share.owner(slab_begin), blocks = share.owner(slab_end - 1) - first + 1;
    if (blocks == 1) continue;
    const int64_t result = slab * columns, number = blockIdx.x - first;
    combine_results<T, order>(work, result + columns * number / blocks,
                              result + columns * (number + 1) / blocks, blocks);
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kColumnRingThreads, 1)
    column_ring(const __grid_constant__ FewDimsWork work) {
  // Lines of memory are lines of the ring, whatever else a block has: beside them, each takes two
  // writes, and (128, 4096, 4095) float32 took 2998 us instead of 2745 (H100, 2026-11-26).
  extern __shared__ __align__(kLineBytes) uint4 memory[];
  if (dynamic_shared_bytes() < kMaxRingStages * kRingChunkBytes) {
    reduce_share<T, order, kRingStages>(work, memory);
  } else {
    reduce_share<T, order, kMaxRingStages>(work, memory);
  }
  combine_pieces<T, order>(work);
}

const Registration registration("column_ring", [](auto type, auto order) -> Function {
  using T = typename decltype(type)::type;
  if constexpr (sizeof(T) > kMaxFrontElement) return &column_ring<T, decltype(order)::value>;
  return nullptr;
});

}  // namespace
}  // namespace torch_argmax::cuda
