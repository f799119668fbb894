// column_ring: neighbouring elements belong to neighbouring results, and rows lie end to end,
// wherever they begin.
//
//   block:  a slab of whole rows, read as one stream of chunks through a ring in shared memory.
//           Chunks begin where cache lines do: rows of 4095 float32 copied one by one took 5 % more
//           than the stream that they form (a probe on an H100, 2026-11-22)
//   period: `lanes` rows, as many as make 16 KB, or one. It is looked at when all of it has arrived
//   thread: a few elements of every period: each stays in one column, and meets every lanes-th row
//   then:   candidates of the same column are folded through shared memory

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
        left_(skew_ + length) {}

  __device__ __forceinline__ int skew() const { return skew_; }

  // Asks for the next chunk, if there is one, and commits.
  __device__ __forceinline__ void fill() {
    constexpr int kSize = Vector<T>::kSize;
    const int begin = begin_, end = static_cast<int>(min(left_, int64_t{kChunk}));
    T* slot = ring_ + slot_ * kChunk;
#pragma unroll
    for (int u = 0; u * kColumnRingThreads * kSize < kChunk; ++u) {
      const int place = (u * kColumnRingThreads + threadIdx.x) * kSize;
      if (place >= begin && place + kSize <= end)
        __pipeline_memcpy_async(slot + place, line_ + place, sizeof(uint4));
    }
    if (begin > 0 || end < kChunk) {
      // The vectors that the run shares with what lies before and after it.
      const int head = begin + threadIdx.x;
      const int head_end = min((begin + kSize - 1) / kSize * kSize, end);
      const int tail = max(end / kSize * kSize, head_end) + threadIdx.x;
      if (head < head_end) slot[head] = line_[head];
      if (tail < end) slot[tail] = line_[tail];
    }
    __pipeline_commit();
    begin_ = 0;
    line_ += kChunk;
    left_ -= kChunk;
    slot_ = slot_ + 1 < kStages ? slot_ + 1 : 0;
  }

 private:
  T* ring_;
  int skew_;
  // Of the next chunk: its source, what is left of the run from there, and the slot for it.
  const T* line_;
  int64_t left_;
  int slot_ = 0;
  int begin_ = skew_;
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

// A period is in two chunks, or in three if it is longer than one; those are kept until all of it
// has arrived, and the ring's other chunks are under way.
template <class T, Order order, int kStages>
__device__ __forceinline__ void reduce_slabs(const FewDimsWork& work, uint4* memory) {
  using Rank = Rank<T, order>;
  constexpr int kColumns = ring_columns(sizeof(T)) / kColumnRingThreads;
  constexpr int kChunk = Stream<T, kStages>::kChunk, kRing = kStages * kChunk;
  const T* ring = reinterpret_cast<const T*>(memory);
  const int columns = static_cast<int>(work.tiling.space().inner);
  const int lanes = work.lanes;
  const int period = lanes * columns;
  const bool is_long = period > kChunk;
  const int ahead = kStages - (is_long ? 3 : 2);
  const int thread = threadIdx.x;
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    const T* slab = static_cast<const T*>(work.input) + outer.offset + box.reduce.begin * columns;
    const int64_t length = box.reduce.size() * columns;
    Stream<T, kStages> stream(slab, length, memory);
    for (int i = 0; i < ahead; ++i)
      stream.fill();

    Candidate<Rank, int> best[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c] = {lowest<Rank>(), 0};
    int at = stream.skew();  // of the next period, in the ring
    int turn = 0;            // its number
    // Looks at the first `size` elements of the next period, each at `place_of(its column)`.
    const auto look = [&](int size, auto place_of) {
      constexpr int kLoads = 4;  // under way together
#pragma unroll
      for (int first = 0; first < kColumns; first += kLoads) {
        if (first * kColumnRingThreads >= size) break;
        T loaded[kLoads];
#pragma unroll
        for (int c = 0; c < kLoads; ++c) {
          const int column = (first + c) * kColumnRingThreads + thread;
          if (column < size) loaded[c] = ring[place_of(column)];
        }
#pragma unroll
        for (int c = 0; c < kLoads; ++c) {
          const int column = (first + c) * kColumnRingThreads + thread;
          if (column < size) best[first + c].see(rank_of<order>(loaded[c]), turn);
        }
      }
    };
    const auto see = [&](int size) {
      if (at + size <= kRing) {
        look(size, [&](int column) { return at + column; });
      } else {
        look(size, [&](int column) { return at + column - (at + column < kRing ? 0 : kRing); });
      }
      at += size;
      if (at >= kRing) at -= kRing;
      ++turn;
    };
    int arrived = -stream.skew();
    for (int64_t left = length + stream.skew(); left > 0; left -= kChunk) {
      if (is_long) {
        __pipeline_wait_prior(kStages - 4);
      } else {
        __pipeline_wait_prior(kStages - 3);
      }
      __syncthreads();
      stream.fill();
      arrived += static_cast<int>(min(left, int64_t{kChunk}));
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
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int column = c * kColumnRingThreads + thread;
      if (column >= columns) break;
      const int64_t position = box.reduce.begin + best[c].index;
      store<T>(work, box.split, box.outer.begin * columns + column, work.inner_at(outer, column),
               key_of(best[c].rank), position * work.reduced_step);
    }
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kColumnRingThreads, 1)
    column_ring(const __grid_constant__ FewDimsWork work) {
  // Lines of memory are lines of the ring, whatever else a block has: beside them, each takes two
  // writes, and (128, 4096, 4095) float32 took 2998 us instead of 2745 (H100, 2026-11-26).
  extern __shared__ __align__(kLineBytes) uint4 memory[];
  if (dynamic_shared_bytes() < kMaxRingStages * kRingChunkBytes) {
    reduce_slabs<T, order, kRingStages>(work, memory);
  } else {
    reduce_slabs<T, order, kMaxRingStages>(work, memory);
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("column_ring", [](auto type, auto order) {
  return &column_ring<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
