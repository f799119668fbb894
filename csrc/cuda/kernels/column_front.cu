// column_front: neighbouring elements belong to neighbouring results, and rows lie end to end,
// wherever they begin, in large slabs.
//
// DRAM prefers few places to be read at. Kernels that only read (128, 4096, 4095) float32 took 2737
// us by 128 blocks with a slab each; with the next chunk of a slab for whichever block is free 2708
// at 16 slabs at a time, 2697 at 8; the read floor was 2677 (H100, 2026-11-27).
//
//   front:  one of `fronts` places to read at; it moves through every `fronts`-th slab
//   block:  turns at its front, and where that has no more, at the one that has most left. The
//           first few are its own, later ones whichever is next, by a counter
//   turn:   neighbouring rows, copied into one of the slots in shared memory while the turns before
//           are looked at
//   period: `lanes` rows. A thread has a few elements of each, which stay in their columns
//   then:   what a block found in a slab goes to one word of scratch memory for each result, by an
//           atomic maximum; behind a barrier of the grid, words become results

#include "../grid.cuh"
#include "../launch.h"
#include "../turns.cuh"

namespace torch_argmax::cuda {
namespace {

// A candidate in a word, the greater for the better; of any it is more than 0.
using Packed = unsigned long long;
__device__ __forceinline__ Packed pack(int32_t key, int index) {
  const uint32_t ascending = static_cast<uint32_t>(key) ^ 0x80000000u;
  return Packed{ascending} << 32 | ~static_cast<uint32_t>(index);
}
__device__ __forceinline__ int index_of(int64_t packed) {
  return static_cast<int>(~static_cast<uint32_t>(packed));
}

// Elements of each period that a thread has.
constexpr int kColumns = kFrontColumns / kColumnFrontThreads;
template <class T, Order order>
using Best = Candidate<Rank<T, order>, int>[kColumns];

// Looks at the `size` elements of a turn, of which the first is in `row`. Candidates are indexed by
// the first row of their period.
template <class T, Order order>
__device__ __forceinline__ void look(const T* run, int size, int row, int period, int lanes,
                                     Best<T, order>& best) {
  constexpr int kLoads = 4;  // under way together
  const T* at = run + threadIdx.x;
  for (int left = size; left > 0; left -= period) {
    const int mine = min(left, period) - static_cast<int>(threadIdx.x);
#pragma unroll
    for (int first = 0; first < kColumns; first += kLoads) {
      if (first * kColumnFrontThreads >= mine) break;
      // As ranks, not as elements: with those, (128, 4096, 4095) float16 took 1700 us and not 1478,
      // (163, 1500, 4097) float32 1406 and not 1297 (H100, 2026-11-27).
      Rank<T, order> ranks[kLoads];
#pragma unroll
      for (int c = 0; c < kLoads; ++c) {
        const int place = (first + c) * kColumnFrontThreads;
        if (place < mine) ranks[c] = rank_of<order>(at[place]);
      }
#pragma unroll
      for (int c = 0; c < kLoads; ++c) {
        const int place = (first + c) * kColumnFrontThreads;
        if (place < mine) best[first + c].see(ranks[c], row);
      }
    }
    at += period;
    row += lanes;
  }
}

// Leaves what was found in a slab to the words of its results.
template <class T, Order order>
__device__ __forceinline__ void leave(const Best<T, order>& best, int period, int columns,
                                      Packed* words) {
#pragma unroll
  for (int c = 0; c < kColumns; ++c) {
    const int place = c * kColumnFrontThreads + threadIdx.x;
    if (place >= period) break;
    // What has seen nothing has the lowest rank, and no row by which that could win: see lowest().
    const int lane = place / columns;
    atomicMax(words + place - lane * columns, pack(key_of(best[c].rank), best[c].index + lane));
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kColumnFrontThreads, 1)
    column_front(const __grid_constant__ FewDimsWork work) {
  constexpr int kAhead = kFrontSlots - 1, kKnown = kFrontSlots + 1;
  extern __shared__ __align__(kLineBytes) uint4 memory[];
  __shared__ Turn<T> turns[kKnown];
  const auto grid = cooperative_groups::this_grid();
  const bool is_first = threadIdx.x == 0;
  const int columns = static_cast<int>(work.tiling.space().inner);
  const int period = work.lanes * columns;
  const int turn_bytes = static_cast<int>(work.tiling.tile().reduce * columns * sizeof(T));
  const int slot_size = copy_bytes(turn_bytes) / sizeof(T);
  T* const slots = reinterpret_cast<T*>(memory);
  T* const last_slot = slots + kAhead * slot_size;
  auto* const words = static_cast<Packed*>(work.candidate_ranks);
  const int64_t results = work.tiling.results();
  const int64_t begin = results * blockIdx.x / gridDim.x;
  const int64_t end = results * (blockIdx.x + 1) / gridDim.x;

  T* free_slot = slots;
  const auto fill = [&](const Turn<T> turn) {
    if (turn.slab != Turn<T>::kNone) turn.copy(free_slot);
    __pipeline_commit();
    free_slot = free_slot == last_slot ? slots : free_slot + slot_size;
  };

  Turns<T> source(work);
  if (is_first) {
    for (int i = 0; i < Turns<T>::kFixed; ++i)
      turns[i] = source.fixed(i);
  }
  __syncthreads();
  for (int i = 0; i < kAhead; ++i)
    fill(turns[i]);
  for (int64_t result = begin + threadIdx.x; result < end; result += kColumnFrontThreads)
    words[result] = 0;
  if (is_first && blockIdx.x < work.fronts) work.counters[blockIdx.x] = 0;
  grid.sync();
  if (is_first) source.ask();

  const T* slot = slots;
  unsigned now = 0;
  for (int slab = turns[0].slab; slab != Turn<T>::kNone; slab = turns[now].slab) {
    Best<T, order> best;
#pragma unroll
    for (int c = 0; c < kColumns; ++c)
      best[c] = {lowest<Rank<T, order>>(), 0};
    do {
      // The question goes to the memory before the copies do, and a turn is worked out while other
      // warps look at theirs. If the answer was waited for before the barrier, (128, 4096, 4095)
      // float32 took 3427 us (H100, 2026-11-27).
      if (is_first) source.ask();
      __pipeline_wait_prior(kAhead - 1);
      __syncthreads();
      fill(turns[(now + kAhead) % kKnown]);
      if (is_first) turns[(now + kFrontSlots) % kKnown] = source.next();
      const Turn<T> turn = turns[now];
      look<T, order>(slot + turn.begin, turn.end - turn.begin, turn.row, period, work.lanes, best);
      slot = slot == last_slot ? slots : slot + slot_size;
      now = (now + 1) % kKnown;
    } while (turns[now].slab == slab);
    leave<T, order>(best, period, columns, words + int64_t{slab} * columns);
  }

  grid.sync();
  for (int64_t result = begin + threadIdx.x; result < end; result += kColumnFrontThreads) {
    const int64_t word = load_from_l2(reinterpret_cast<const int64_t*>(words + result));
    store_result<T>(work, work.result_at(result), index_of(word) * work.reduced_step);
  }
}

const Registration registration("column_front", [](auto type, auto order) -> Function {
  using T = typename decltype(type)::type;
  if constexpr (sizeof(T) <= kMaxFrontElement) return &column_front<T, decltype(order)::value>;
  return nullptr;
});

}  // namespace
}  // namespace torch_argmax::cuda
