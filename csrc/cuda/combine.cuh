#pragma once
// How threads of a block combine what they found.

#include <climits>

#include "../order.h"

namespace torch_argmax::cuda {

constexpr unsigned kAllLanes = 0xffffffff;

// The greatest key of the warp, for all its lanes. For 32 bits there is an instruction; 64 are
// settled in two steps, the low words only among the lanes whose high word is greatest.
__device__ __forceinline__ int32_t greatest_in_warp(int32_t key) {
  return __reduce_max_sync(kAllLanes, key);
}
__device__ __forceinline__ int64_t greatest_in_warp(int64_t key) {
  const int32_t high = static_cast<int32_t>(key >> 32);
  const int32_t greatest = greatest_in_warp(high);
  const uint32_t low = high == greatest ? static_cast<uint32_t>(key) : 0;
  return (int64_t{greatest} << 32) | __reduce_max_sync(kAllLanes, low);
}

__device__ __forceinline__ int least_in_warp(int index) {
  return __reduce_min_sync(kAllLanes, index);
}
__device__ __forceinline__ int64_t least_in_warp(int64_t index) {
  return ~greatest_in_warp(~index);
}

// The best of the candidates that the lanes of a warp bring in any order, for all its lanes.
template <class Key, class Index>
__device__ __forceinline__ Candidate<Key, Index> best_in_warp(Candidate<Key, Index> own) {
  const Key greatest = greatest_in_warp(own.rank);
  constexpr Index kNever = sizeof(Index) == 8 ? INT64_MAX : INT_MAX;
  return {greatest, least_in_warp(own.rank == greatest ? own.index : kNever)};
}

// The key and the index of the best of a warp's scans, for all its lanes. Only a lane that holds
// the greatest key looks for its index.
template <class Scan>
__device__ __forceinline__ auto winner_in_warp(Scan& scan) {
  const auto key = key_of(scan.rank());
  const auto greatest = greatest_in_warp(key);
  const int index = least_in_warp(key == greatest ? scan.find() : INT_MAX);
  return Candidate<decltype(key_of(scan.rank())), int>{greatest, index};
}

// The same of a block's scans, for its first thread. All threads of the block take part.
//
// Where many hold the greatest key, as with few distinct values, the first warp of them looks
// alone, and the others only where they could still find a smaller index.
template <int kMaxThreads, class Scan>
__device__ __forceinline__ auto winner_in_block(Scan& scan) {
  using Key = decltype(key_of(scan.rank()));
  __shared__ Key keys[kMaxThreads / 32];
  __shared__ int first;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  const Key key = key_of(scan.rank());
  const Key greatest_here = greatest_in_warp(key);
  if (lane == 0) keys[warp] = greatest_here;
  if (threadIdx.x == 0) first = INT_MAX;
  __syncthreads();
  const Key other = keys[lane < warps ? lane : 0];
  const Key greatest = greatest_in_warp(other);
  const unsigned holders = __ballot_sync(kAllLanes, lane < warps && other == greatest);

  bool may_win = key == greatest && warp == __ffs(holders) - 1;
  for (int turn = 0;; ++turn) {
    if (__any_sync(kAllLanes, may_win)) {
      const int index = least_in_warp(may_win ? scan.find() : INT_MAX);
      if (lane == 0) atomicMin(&first, index);
    }
    __syncthreads();
    if (turn == 1 || (holders & (holders - 1)) == 0) break;
    may_win = key == greatest && !may_win && scan.bound() < first;
    __syncthreads();
  }
  return Candidate<Key, int>{greatest, threadIdx.x == 0 ? first : 0};
}

// Neighbouring threads of a warp that share a result: a power of two, which the compiler does not
// know. They look at things in turn, and nothing of that is divided.
struct Lanes {
  int count, log2, lane;

  __device__ __forceinline__ explicit Lanes(int lanes) : Lanes(lanes, threadIdx.x & (lanes - 1)) {}
  __device__ __forceinline__ Lanes(int lanes, int lane) : count(lanes), lane(lane) {
    log2 = __ffs(lanes) - 1;
  }
  // Of a block: their number, and which of them this one is.
  __device__ __forceinline__ int groups(int threads) const { return threads >> log2; }
  __device__ __forceinline__ int group() const { return threadIdx.x >> log2; }
  // Of so many things the number that falls to this lane.
  __device__ __forceinline__ int turns(int things) const {
    return (things - lane + count - 1) >> log2;
  }
};

// Every thread gets the best of its group of `lanes` neighbours: a power of two up to 32. All 32
// threads of the warp take part.
template <class R, class Index>
__device__ __forceinline__ Candidate<R, Index> combine_in_warp(Candidate<R, Index> best,
                                                               int lanes) {
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    const R rank = __shfl_xor_sync(kAllLanes, best.rank, distance);
    const Index index = __shfl_xor_sync(kAllLanes, best.index, distance);
    best.merge(rank, index);
  }
  return best;
}

// Where threads leave candidates for each other.
template <int kThreads, class R, class Index>
struct Apart {
  R ranks[kThreads];
  Index indices[kThreads];
};

// Threads `spacing` apart hold candidates for one result: `lanes` of them. Lane 0 gets the best.
// All threads of the block take part.
template <int kThreads, class R, class Index>
__device__ __forceinline__ void combine_apart(Candidate<R, Index>& best, int lane, int lanes,
                                              int spacing, Apart<kThreads, R, Index>& shared) {
  const int thread = threadIdx.x;
  for (int left = lanes; left > 1;) {
    const int half = (left + 1) / 2;
    if (lane >= half && lane < left) {
      shared.ranks[thread] = best.rank;
      shared.indices[thread] = best.index;
    }
    __syncthreads();
    if (lane + half < left) {
      const int partner = thread + half * spacing;
      best.merge(shared.ranks[partner], shared.indices[partner]);
    }
    __syncthreads();
    left = half;
  }
}

}  // namespace torch_argmax::cuda
