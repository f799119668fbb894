#pragma once
// How all blocks of a launch combine what they found: each leaves its candidates in scratch memory,
// and behind a barrier of the grid a warp for each result picks the best.
//
// The barrier's state belongs to the launch: the driver provides it to a cooperative launch, whose
// blocks it makes resident together. Scratch memory comes from torch's allocator, and nothing is
// expected of what it holds. So launches on other streams, replays of a graph and kernels that
// still run before this one cannot disturb it, and no memory has to be cleared.
//
// On an H100 the barrier costs 1.1 us, and a second kernel that combines cost 4 (2026-11-24).

#include <cooperative_groups.h>

#include <utility>

#include "../work.h"
#include "combine.cuh"

namespace torch_argmax::cuda {

// The L2 cache is what all blocks share.
__device__ __forceinline__ int32_t load_from_l2(const int32_t* address) {
  return __ldcg(address);
}
__device__ __forceinline__ int64_t load_from_l2(const int64_t* address) {
  return __ldcg(reinterpret_cast<const long long*>(address));
}

// The blocks that share a box, and which parts of it each takes: the first few by its number, then
// whichever is next, by a counter. SMs do not read equally fast: in a probe on an H100, (2^28,)
// float32 took 349 us by the counter and 361 in equal shares, over a floor of 347 (2026-11-24).
//
// All threads of a block call the same in the same order:
//   begin(box), then for (part = first(); ...; part = next(part)) { ask(part); ... }, then end().
class Team {
 public:
  // `next` is in shared memory; `part` is a part's extent in the reduced dimension. Blocks that
  // have one part each, or are alone, have no use for a counter.
  template <class Work>
  __device__ __forceinline__ Team(const Work& work, int (&next)[2], int64_t part)
      : size_(static_cast<int>(work.candidates / work.tiling.splits())),
        member_(blockIdx.x % size_),
        by_counter_(size_ > 1 && work.tiling.tile().reduce > size_ * part),
        counters_(work.counters),
        next_(next) {}

  __device__ __forceinline__ int size() const { return size_; }
  __device__ __forceinline__ int member() const { return member_; }
  // The first box of this team, and how many boxes all teams have at a time.
  __device__ __forceinline__ int64_t box() const { return blockIdx.x / size_; }
  __device__ __forceinline__ int64_t boxes() const { return gridDim.x / size_; }

  __device__ __forceinline__ void begin(int64_t box) {
    // A team of more than one has but one box. Its counter is set to zero behind a barrier of the
    // grid, where all blocks have arrived by the time that it is asked.
    counter_ = counters_ + box;
    fixed_ = by_counter_ ? kFixedParts * size_ : INT_MAX;
    waits_ = by_counter_;
    if (by_counter_) {
      if (member_ == 0 && threadIdx.x == 0) *counter_ = 0;
      arrival_ = cooperative_groups::this_grid().barrier_arrive();
    }
  }
  __device__ __forceinline__ int first() const { return member_; }

  // Before a part is read, so that the answer is there after it.
  __device__ __forceinline__ void ask(int part) {
    asks_ = part >= fixed_ - size_;
    if (!asks_) return;
    wait();
    if (threadIdx.x == 0) ticket_ = atomicAdd(counter_, 1);
  }
  __device__ __forceinline__ int next(int part) {
    if (!asks_) return part + size_;
    if (threadIdx.x == 0) next_[turn_] = fixed_ + static_cast<int>(ticket_);
    __syncthreads();
    part = next_[turn_];
    turn_ ^= 1;
    return part;
  }
  __device__ __forceinline__ void end() { wait(); }

 private:
  // Parts of a block before the counter is asked, so that it is set up by then. With half of all,
  // (2^28,) float32 took 1 to 2 us more (H100, 2026-11-24).
  static constexpr int kFixedParts = 3;

  __device__ __forceinline__ void wait() {
    if (waits_) cooperative_groups::this_grid().barrier_wait(std::move(arrival_));
    waits_ = false;
  }

  int size_;
  int member_;
  bool by_counter_;
  unsigned* counters_;
  unsigned* counter_;
  int (&next_)[2];
  int turn_ = 0;
  int fixed_;
  bool asks_;
  bool waits_;
  unsigned ticket_;
  unsigned arrival_;
};

// Gives each of the results [begin, end) the best of its first `count` candidates, and stores it.
// All threads of a block take part.
template <class T, Order order, class Work>
__device__ __forceinline__ void combine_results(const Work& work, int64_t begin, int64_t end,
                                                int64_t count) {
  // Candidates that a lane loads at a time: with one, (2^28,) float32 took 2 us more on an H100.
  constexpr int kLoads = 8;
  // As many lanes for a result as its candidates need: a power of two.
  int lanes = 1;
  while (lanes < 32 && lanes * kLoads < count)
    lanes *= 2;
  const int at_once = blockDim.x / lanes, lane = threadIdx.x % lanes;
  const int64_t results = work.tiling.results();
  const auto* keys = static_cast<const Key<T, order>*>(work.candidate_ranks);
  for (int64_t first = begin; first < end; first += at_once) {
    // Past the last result lanes look at it once more, so that whole warps stay together.
    const int64_t wanted = first + threadIdx.x / lanes;
    const int64_t result = min(wanted, end - 1);
    Candidate<Key<T, order>, int64_t> best;
    for (int64_t i = lane; i < count; i += lanes * kLoads) {
      Candidate<Key<T, order>, int64_t> loaded[kLoads];
#pragma unroll
      for (int u = 0; u < kLoads; ++u) {
        const int64_t at = min(i + lanes * u, count - 1) * results + result;
        loaded[u] = {load_from_l2(keys + at), load_from_l2(work.candidate_indices + at)};
      }
      if (i == lane) best = loaded[0];
#pragma unroll
      for (int u = 0; u < kLoads; ++u)
        best.merge(loaded[u].rank, loaded[u].index);
    }
    best = combine_in_warp(best, lanes);
    if (lane == 0 && result == wanted) store_result<T>(work, work.result_at(result), best.index);
  }
}

// At the end of a kernel, for all its threads: every block has a share of the results, and combines
// their candidates.
template <class T, Order order, class Work>
__device__ __forceinline__ void combine_in_grid(const Work& work) {
  if (work.candidates == 1) return;
  const auto grid = cooperative_groups::this_grid();
  auto arrival = grid.barrier_arrive();
  const int64_t results = work.tiling.results();
  const int64_t begin = results * blockIdx.x / gridDim.x;
  const int64_t end = results * (blockIdx.x + 1) / gridDim.x;
  if (begin == end) return;
  grid.barrier_wait(std::move(arrival));
  combine_results<T, order>(work, begin, end, work.candidates);
}

}  // namespace torch_argmax::cuda
