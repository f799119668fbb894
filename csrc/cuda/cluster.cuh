#pragma once
// How the blocks of a cluster combine what they found: each warp sends its candidate to the shared
// memory of the first block, one warp of which waits for all of them.
//
// There is no state outside the cluster's own shared memory, so nothing that another stream, a
// graph's replay or an earlier kernel does can disturb it. A candidate travels with its arrival (a
// store that completes on the receiver's barrier): one way, where a barrier of the whole cluster
// goes there and back. On an H100, (1, 128256) float32 took 6.6 us with cluster barriers, 5.9 when
// each block sent the winner of its warps, and 4.9 when each warp does (2026-11-24).

#include <nv/target>

#include "combine.cuh"
#include "plan.h"

namespace torch_argmax::cuda {

// In shared memory, one for each block; that of the cluster's first block is used.
template <int kMaxThreads>
struct alignas(16) Mailbox {
  struct Letter {
    int64_t key;
    int64_t index;
  };
  Letter letters[kMaxCluster * kMaxThreads / 32];
  uint64_t barrier;
};

// A warp's end. All threads of all blocks open() it; then each warp sends once, and the first warp
// of the first block receives. Only on sm_90 and later: the planner makes no clusters before.
template <class Mailbox>
class Post {
 public:
  __device__ __forceinline__ explicit Post(Mailbox& mailbox) : mailbox_(mailbox) {
    NV_IF_TARGET(NV_PROVIDES_SM_90, (asm("mov.u32 %0, %%clusterid.x;"
                                         : "=r"(cluster_));
                                     asm("mov.u32 %0, %%cluster_ctarank;"
                                         : "=r"(block_));
                                     asm("mov.u32 %0, %%cluster_nctarank;"
                                         : "=r"(blocks_));))
  }

  // The number of the cluster in the grid, and of the block in the cluster.
  __device__ __forceinline__ unsigned cluster() const { return cluster_; }
  __device__ __forceinline__ unsigned block() const { return block_; }
  __device__ __forceinline__ bool receives() const { return block_ == 0 && threadIdx.x < 32; }

  __device__ __forceinline__ void open() {
    NV_IF_TARGET(
        NV_PROVIDES_SM_90, (if (block_ == 0 && threadIdx.x == 0) {
          asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(local(&mailbox_.barrier)));
          // Of the barrier alone, so that the arrival does not wait for loads that are under way.
          asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
        }
                            // Waited for in send(), long after the last block has started.
                            asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::
                                             : "memory");))
  }

  // All threads call it; each warp's candidate is sent.
  template <class Key>
  __device__ __forceinline__ void send(Candidate<Key, int64_t> candidate) {
    const unsigned number = block_ * (blockDim.x / 32) + threadIdx.x / 32;
    NV_IF_TARGET(NV_PROVIDES_SM_90,
                 (asm volatile("barrier.cluster.wait.acquire.aligned;" ::
                                   : "memory");
                  if (threadIdx.x % 32 == 0) {
                    asm volatile(
                        "st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.b64 [%0], {%1, "
                        "%2}, [%3];" ::"r"(at_first(&mailbox_.letters[number])),
                        "l"(int64_t{candidate.rank}), "l"(candidate.index),
                        "r"(at_first(&mailbox_.barrier))
                        : "memory");
                  }))
  }

  // The best of all, for all lanes.
  template <class Key>
  __device__ __forceinline__ Candidate<Key, int64_t> receive() {
    using Letter = typename Mailbox::Letter;
    const unsigned letters = blocks_ * (blockDim.x / 32), lane = threadIdx.x;
    NV_IF_TARGET(
        NV_PROVIDES_SM_90,
        (
            if (lane == 0) {
              asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(
                               local(&mailbox_.barrier)),
                           "r"(letters * static_cast<unsigned>(sizeof(Letter)))
                           : "memory");
            } unsigned arrived = 0;
            while (!arrived) {
              asm volatile(
                  "{ .reg .pred done;\n"
                  "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [%1], 0;\n"
                  "selp.u32 %0, 1, 0, done; }"
                  : "=r"(arrived)
                  : "r"(local(&mailbox_.barrier))
                  : "memory");
            }))
    const auto read = [&](unsigned number) {
      const Letter letter = mailbox_.letters[number];
      return Candidate<Key, int64_t>{static_cast<Key>(letter.key), letter.index};
    };
    auto best = read(min(lane, letters - 1));
#pragma unroll 1
    for (unsigned number = lane + 32; number < letters; number += 32) {
      const auto other = read(number);
      best.merge(other.rank, other.index);
    }
    return best_in_warp(best);
  }

 private:
  static __device__ __forceinline__ unsigned local(const void* shared) {
    return static_cast<unsigned>(__cvta_generic_to_shared(shared));
  }
  // The same place in the first block's shared memory.
  static __device__ __forceinline__ unsigned at_first(const void* shared) {
    unsigned address = 0;
    NV_IF_TARGET(NV_PROVIDES_SM_90, (asm("mapa.shared::cluster.u32 %0, %1, 0;"
                                         : "=r"(address)
                                         : "r"(local(shared)));))
    return address;
  }

  Mailbox& mailbox_;
  unsigned cluster_ = 0;
  unsigned block_ = 0;
  unsigned blocks_ = 1;
};

}  // namespace torch_argmax::cuda
