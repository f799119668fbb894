#pragma once
// How threads of a block combine their candidates.

#include "../order.h"

namespace torch_argmax::cuda {

// Every thread gets the best of its group of `lanes` neighbours: a power of two up to 32. All 32
// threads of the warp take part.
template <class R, class Index>
__device__ __forceinline__ Candidate<R, Index> combine_in_warp(Candidate<R, Index> best,
                                                               int lanes) {
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    const R rank = __shfl_xor_sync(0xffffffff, best.rank, distance);
    const Index index = __shfl_xor_sync(0xffffffff, best.index, distance);
    best.merge(rank, index);
  }
  return best;
}

// The first warp gets the best of the block, whose threads are a power of two from 32 up to
// kMaxThreads. All threads of the block take part.
template <int kMaxThreads, class R, class Index>
__device__ __forceinline__ Candidate<R, Index> combine_in_block(Candidate<R, Index> best) {
  __shared__ R ranks[kMaxThreads / 32];
  __shared__ Index indices[kMaxThreads / 32];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  best = combine_in_warp(best, 32);
  if (lane == 0) {
    ranks[warp] = best.rank;
    indices[warp] = best.index;
  }
  __syncthreads();
  if (warp == 0) {
    best = combine_in_warp(Candidate<R, Index>{ranks[lane % warps], indices[lane % warps]}, warps);
  }
  __syncthreads();  // before the arrays are written again
  return best;
}

// Threads `spacing` apart hold candidates for one result: `lanes` of them, a power of two. Lane 0
// gets the best. Each thread brings kCount candidates for as many results. All threads take part.
template <int kMaxThreads, int kCount, class R, class Index>
__device__ __forceinline__ void combine_apart(Candidate<R, Index> (&best)[kCount], int lane,
                                              int lanes, int spacing) {
  __shared__ R ranks[kCount][kMaxThreads];
  __shared__ Index indices[kCount][kMaxThreads];
  const int thread = threadIdx.x;
  for (int half = lanes / 2; half > 0; half /= 2) {
    if (lane >= half && lane < 2 * half) {
#pragma unroll
      for (int c = 0; c < kCount; ++c) {
        ranks[c][thread] = best[c].rank;
        indices[c][thread] = best[c].index;
      }
    }
    __syncthreads();
    if (lane < half) {
      const int partner = thread + half * spacing;
#pragma unroll
      for (int c = 0; c < kCount; ++c)
        best[c].merge(ranks[c][partner], indices[c][partner]);
    }
    __syncthreads();
  }
}

}  // namespace torch_argmax::cuda
