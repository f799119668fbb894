#pragma once
// How the blocks of a cluster combine what they found: each sends its candidate to the shared
// memory of the first block, which waits for all of them.
//
// There is no state outside the cluster's own shared memory, so nothing that another stream, a
// graph's replay or an earlier kernel does can disturb it. A candidate travels with its arrival (a
// store that completes on the receiver's barrier): one way, where a barrier of the whole cluster
// goes there and back. On an H100, (1, 128256) float32 took 5.9 us so, and 6.6 with cluster
// barriers (2026-11-24).

#include <nv/target>

#include "combine.cuh"
#include "plan.h"

namespace torch_argmax::cuda {

// In shared memory, one for each block; that of the cluster's first block is used.
struct alignas(16) Mailbox {
  struct Letter {
    int64_t key;
    int64_t index;
  };
  Letter letters[kMaxCluster];
  uint64_t barrier;
};

// One block's end. Made by all threads of all blocks at their start; then each block sends once,
// and the first block receives. Only on sm_90 and later: the planner makes no clusters before.
class Post {
 public:
  __device__ __forceinline__ explicit Post(Mailbox& mailbox) : mailbox_(mailbox) {
    NV_IF_TARGET(
        NV_PROVIDES_SM_90,
        (asm("mov.u32 %0, %%clusterid.x;"
             : "=r"(cluster_));
         asm("mov.u32 %0, %%cluster_ctarank;"
             : "=r"(block_));
         asm("mov.u32 %0, %%cluster_nctarank;"
             : "=r"(blocks_));
         if (block_ == 0 && threadIdx.x == 0) {
           const unsigned bytes = blocks_ * sizeof(Mailbox::Letter);
           asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(local(&mailbox_.barrier)));
           asm volatile("fence.mbarrier_init.release.cluster;");
           asm volatile(
               "mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(local(&mailbox_.barrier)),
               "r"(bytes));
         }
         // Waited for in send(), long after the last block has started.
         asm volatile("barrier.cluster.arrive.release.aligned;" ::
                          : "memory");))
  }

  // The number of the cluster in the grid, and of the block in the cluster.
  __device__ __forceinline__ unsigned cluster() const { return cluster_; }
  __device__ __forceinline__ unsigned block() const { return block_; }

  // All threads call it; thread 0's candidate is sent.
  template <class Key>
  __device__ __forceinline__ void send(Candidate<Key, int64_t> candidate) {
    NV_IF_TARGET(NV_PROVIDES_SM_90,
                 (asm volatile("barrier.cluster.wait.acquire.aligned;" ::
                                   : "memory");
                  if (threadIdx.x == 0) {
                    asm volatile(
                        "st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.b64 [%0], {%1, "
                        "%2}, [%3];" ::"r"(at_first(&mailbox_.letters[block_])),
                        "l"(int64_t{candidate.rank}), "l"(candidate.index),
                        "r"(at_first(&mailbox_.barrier))
                        : "memory");
                  }))
  }

  // For the first warp of the first block: the best of all, for all its lanes.
  template <class Key>
  __device__ __forceinline__ Candidate<Key, int64_t> receive() {
    NV_IF_TARGET(NV_PROVIDES_SM_90, (unsigned arrived = 0; while (!arrived) {
                   asm volatile(
                       "{ .reg .pred done;\n"
                       "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [%1], 0;\n"
                       "selp.u32 %0, 1, 0, done; }"
                       : "=r"(arrived)
                       : "r"(local(&mailbox_.barrier))
                       : "memory");
                 }))
    const unsigned lane = threadIdx.x % 32;
    const Mailbox::Letter letter = mailbox_.letters[lane < blocks_ ? lane : 0];
    return best_in_warp(Candidate<Key, int64_t>{static_cast<Key>(letter.key), letter.index});
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
