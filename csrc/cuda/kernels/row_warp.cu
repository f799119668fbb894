// row_warp: contiguous rows of some hundred to some thousand bytes, a warp for each.

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kRowWarpThreads, 4)
    row_warp(const __grid_constant__ FewDimsWork work) {
  const T* input = static_cast<const T*>(work.input);
  const int length = static_cast<int>(work.tiling.space().reduce);
  const int lane = threadIdx.x % 32;
  int64_t number = blockIdx.x;
  do {
    const int64_t row = number * (kRowWarpThreads / 32) + threadIdx.x / 32;
    if (row >= work.tiling.space().outer) return;
    const Place place = work.even_outer_at(row);
    Scan<T, order> scan(input + place.offset, length, lane, 32);
    scan.start();
    scan.see_all();
    const auto winner = winner_in_warp(scan);
    if (lane == 0) store_result<T>(work, place, winner.index * work.reduced_step);
    number += gridDim.x;
  } while (number * (kRowWarpThreads / 32) < work.tiling.space().outer);
}

const Registration registration("row_warp", [](auto type, auto order) {
  return &row_warp<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
