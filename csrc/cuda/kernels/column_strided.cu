// column_strided: columns that are evenly spaced, but not side by side.
//
//   block:   a tile of columns, of several slabs where those have few, or a part of their rows
//   column:  `lanes` threads, each beside those of other columns, with some rows in flight

#include "../grid.cuh"
#include "../launch.h"
#include "../line.cuh"
#include "../plan.h"

namespace torch_argmax::cuda {
namespace {

template <class T, Order order>
__global__ void __launch_bounds__(kStridedThreads, kResidentThreads / kStridedThreads)
    column_strided(const __grid_constant__ FewDimsWork work) {
  // Threads that a tile leaves without a column have a lane too many: they read what the last has.
  const Extents tile = work.tiling.tile();
  const unsigned columns = tile.inner, width = tile.outer * columns;
  const unsigned lane = work.lanes == 1 && threadIdx.x < width ? 0 : threadIdx.x / width;
  const unsigned local = threadIdx.x - lane * width;
  const unsigned slab = tile.outer == 1 ? 0 : local / columns, column = local - slab * columns;
  const bool has_column = lane < static_cast<unsigned>(work.lanes);
  const Lanes lanes(work.lanes, has_column ? lane : work.lanes - 1);
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    // Past the last column threads look at it once more, so that whole blocks stay together.
    const int64_t wanted_outer = box.outer.begin + slab, wanted_inner = box.inner.begin + column;
    const int64_t outer = min(wanted_outer, box.outer.end - 1);
    const int64_t inner = min(wanted_inner, box.inner.end - 1);
    const bool theirs = has_column && outer == wanted_outer && inner == wanted_inner;
    serve_line<T, order>(work, box, outer * work.tiling.space().inner + inner,
                         work.column_at(outer, inner), theirs, lanes, width);
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("column_strided", [](auto type, auto order) {
  return &column_strided<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
