// row_block: long contiguous rows, a block for each.

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kMaxRowBlockThreads)
    row_block(const __grid_constant__ FewDimsWork work) {
  const T* input = static_cast<const T*>(work.input);
  const int length = static_cast<int>(work.tiling.space().reduce);
  int64_t row = blockIdx.x;
  do {
    const Place place = work.outer_at(row);
    Scan<T, order> scan(input + place.offset, length, threadIdx.x, blockDim.x);
    scan.start();
    scan.see_all();
    const auto winner = winner_in_block<kMaxRowBlockThreads>(scan);
    if (threadIdx.x == 0) store_result<T>(work, place, winner.index * work.reduced_step);
    row += gridDim.x;
  } while (row < work.tiling.space().outer);
}

const Registration registration("row_block", [](auto type, auto order) {
  return &row_block<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
