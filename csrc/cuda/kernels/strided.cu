// strided: one reduced dimension, and any number of others.
//
//   block:  threads / lanes results x `lanes` threads for each
//
// Neighbouring threads are neighbours along the reduced dimension if that has the smaller stride,
// and neighbouring results otherwise.

#include "../grid.cuh"
#include "../launch.h"
#include "../line.cuh"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kStridedThreads, kResidentThreads / kStridedThreads)
    strided(const __grid_constant__ Work work) {
  const int results = kStridedThreads / work.lanes;
  const bool lanes_adjacent = work.outer_count == 0 || work.reduced_stride < work.outer_stride;
  const int lane = lanes_adjacent ? threadIdx.x % work.lanes : threadIdx.x / results;
  const int local_result = lanes_adjacent ? threadIdx.x / work.lanes : threadIdx.x % results;
  const Lanes lanes(work.lanes, lane);

  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    // Past the last result threads look at it once more, so that whole blocks stay together.
    const int64_t wanted = box.outer.begin + local_result;
    const int64_t result = min(wanted, box.outer.end - 1);
    serve_line<T, order>(work, box, result, work.result_at(result), result == wanted, lanes,
                         lanes_adjacent ? 1 : results);
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("strided", [](auto type, auto order) {
  return &strided<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
