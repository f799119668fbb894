// row_block: contiguous rows, a block for each row or for a piece of one.
//
//   block:  one row's `reduce` range; thread i reads every threads-th 16-byte vector from the i-th
//   splits: pieces of a row go to neighbouring blocks, whose candidates the merge kernel combines

#include "../combine.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../scan.cuh"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kMaxRowBlockThreads, 2)
    row_block(const __grid_constant__ Work work) {
  const T* input = static_cast<const T*>(work.input);
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place place = work.outer_at(box.outer.begin);
    auto best = scan<order>(input + place.offset + box.reduce.begin,
                            static_cast<int>(box.reduce.size()), threadIdx.x, blockDim.x);
    best = combine_in_block<kMaxRowBlockThreads>(best);
    if (threadIdx.x == 0) {
      const int64_t position = box.reduce.begin + best.index;
      store<T>(work, box, box.outer.begin, place, best.rank, position * work.reduced().step);
    }
  }
}

const Registration registration("row_block", [](auto type, auto order) {
  return &row_block<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
