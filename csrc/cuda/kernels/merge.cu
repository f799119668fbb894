// merge: combines the candidates that the splits of each result left, a warp for each result. It is
// launched after any kernel whose plan has splits, and is not planned itself.

#include "../combine.cuh"
#include "../launch.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void merge(const __grid_constant__ Work work) {
  using R = Rank<T, order>;
  const int64_t splits = work.tiling.splits();
  const int64_t results = work.tiling.space().outer * work.tiling.space().inner;
  const int lane = threadIdx.x % 32;
  const int64_t warps = int64_t{gridDim.x} * (blockDim.x / 32);
  for (int64_t result = int64_t{blockIdx.x} * (blockDim.x / 32) + threadIdx.x / 32;
       result < results; result += warps) {
    const R* ranks = static_cast<const R*>(work.partial_ranks) + result * splits;
    const int64_t* indices = work.partial_indices + result * splits;
    Candidate<R, int64_t> best{ranks[0], indices[0]};
    for (int64_t split = lane; split < splits; split += 32)
      best.merge(ranks[split], indices[split]);
    best = combine_in_warp(best, 32);
    if (lane == 0) store_result<T>(work, work.result_at(result), best.index);
  }
}

const Registration registration("merge", [](auto type, auto order) {
  return &merge<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
