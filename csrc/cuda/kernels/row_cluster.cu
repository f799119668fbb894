// row_cluster: few long contiguous rows, a cluster of blocks for each.
//
//   cluster: one row, cut into as many pieces as the cluster has blocks
//   block:   one piece; the first block of the cluster gets the others' candidates

#include "../cluster.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kRowClusterThreads, 1)
    row_cluster(const __grid_constant__ FewDimsWork work) {
  constexpr int kVectors = std::is_same_v<T, Bool> ? 4 : 8;
  __shared__ Mailbox<kRowClusterThreads> mailbox;
  Post post(mailbox);
  const Box box = work.tiling.box(post.cluster(), post.block(), 0);
  const Place place = work.outer_at(box.outer.begin);
  const T* piece = static_cast<const T*>(work.input) + place.offset + box.reduce.begin;
  Scan<T, order, kVectors> scan(piece, static_cast<int>(box.reduce.size()), threadIdx.x,
                                blockDim.x);
  scan.start();
  post.open();
  scan.see_all();
  const auto winner = winner_in_warp(scan);
  post.send(Candidate<Key<T, order>, int64_t>{winner.rank, box.reduce.begin + winner.index});
  if (!post.receives()) return;
  const auto best = post.template receive<Key<T, order>>();
  if (threadIdx.x == 0) store_result<T>(work, place, best.index * work.reduced_step);
}

const Registration registration("row_cluster", [](auto type, auto order) {
  return &row_cluster<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
