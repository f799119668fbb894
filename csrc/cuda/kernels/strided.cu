// strided: anything; the only kernel for reductions over dimensions that do not fuse into one.
//
//   block:  threads / lanes results x `lanes` walkers of each result's reduced dimensions
//   thread: every lanes-th position of the box, in memory order, 4 in flight; or where the fastest
//           reduced dimension is contiguous and made of whole vectors, every lanes-th vector
//
// Neighbouring threads are neighbours along the reduced dimension if that has the smaller stride,
// and neighbouring results otherwise. The walk follows memory and not the logical order, so
// candidates are merged by their logical index.

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

// Whether the reduced positions of the box are whole vectors in memory.
template <class T>
__device__ __forceinline__ bool is_made_of_vectors(const Work& work, Range box, const T* elements) {
  constexpr int kSize = Vector<T>::kSize;
  const Dim* dims = work.dims + work.outer_count;
  const Dim& fastest = dims[work.reduce_count - 1];
  int64_t sizes = box.begin | box.end | fastest.size;
  for (int i = 0; i < work.reduce_count - 1; ++i)
    sizes |= dims[i].stride;
  return fastest.stride == 1 && sizes % kSize == 0 &&
         reinterpret_cast<uintptr_t>(elements) % sizeof(Vector<T>) == 0;
}

// Whether positions that follow each other do so in memory, too.
__device__ __forceinline__ bool is_dense(const Work& work) {
  const Dim* dims = work.dims + work.outer_count;
  bool dense = work.reduced_stride == 1;
  for (int i = 1; i < work.reduce_count; ++i)
    dense &= dims[i - 1].stride == dims[i].stride * dims[i].size;
  return dense;
}

// Every lanes-th vector of the box, 4 in flight. Values first: where vectors stand is asked only if
// one holds a rank as great as the best, which soon are few. (256, 1024, 1024).permute(2, 0, 1) of
// float32 took 1560 us by elements, 432 when all vectors were asked, and 383 so (H100, 2026-11-24).
template <class T, Order order>
__device__ __forceinline__ void see_vectors(const Work& work, const T* elements, int lane,
                                            Range box, Candidate<Rank<T, order>, int64_t>& best) {
  constexpr int kUnroll = 4, kSize = Vector<T>::kSize;
  const bool dense = is_dense(work);
  const int64_t last = box.end - kSize, stride = int64_t{kSize} * work.lanes;
  for (int64_t first = box.begin + lane * kSize; first <= last; first += kUnroll * stride) {
    Vector<T> loaded[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      const int64_t position = min(first + u * stride, last);
      loaded[u] = Vector<T>::load(elements + (dense ? position : work.reduce_at(position).offset));
    }
    Greatest<T, order> of_all(loaded[0]);
#pragma unroll
    for (int u = 1; u < kUnroll; ++u)
      of_all.see(loaded[u]);
    if (beats(best.rank, of_all.rank())) continue;
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      if (!of_all.is_in(loaded[u])) continue;
      const int64_t step = work.reduce_at(min(first + u * stride, last)).step;
      best.merge(of_all.rank(), step + of_all.first_in(loaded[u]) * work.reduced_step);
    }
  }
}

template <class T, Order order>
__global__ void __launch_bounds__(kMaxStridedThreads, kResidentThreads / kMaxStridedThreads)
    strided(const __grid_constant__ Work work) {
  constexpr int kUnroll = 4;
  __shared__ Apart<kMaxStridedThreads, Rank<T, order>, int64_t> shared;
  const T* input = static_cast<const T*>(work.input);
  const int results = blockDim.x / work.lanes;
  const bool lanes_adjacent = work.outer_count == 0 || work.reduced_stride < work.outer_stride;
  const int lane = lanes_adjacent ? threadIdx.x % work.lanes : threadIdx.x / results;
  const int local_result = lanes_adjacent ? threadIdx.x / work.lanes : threadIdx.x % results;
  const int spacing = lanes_adjacent ? 1 : results;

  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const int64_t wanted = box.outer.begin + local_result;
    const int64_t result = min(wanted, box.outer.end - 1);
    const Place place = work.result_at(result);
    const T* elements = input + place.offset;

    // A walker that falls past the end looks at the last position again, which changes nothing.
    const int64_t last = box.reduce.end - 1;
    const Place start = work.reduce_at(min(box.reduce.begin + lane, last));
    Candidate<Rank<T, order>, int64_t> best{rank_of<order>(elements[start.offset]), start.step};
    const bool by_vectors = is_made_of_vectors(work, box.reduce, elements);
    if (by_vectors) see_vectors<T, order>(work, elements, lane, box.reduce, best);
    for (int64_t position = by_vectors ? box.reduce.end : box.reduce.begin + lane; position <= last;
         position += kUnroll * work.lanes) {
      T loaded[kUnroll];
      int64_t indices[kUnroll];
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) {
        const Place walk = work.reduce_at(min(position + u * work.lanes, last));
        loaded[u] = elements[walk.offset];
        indices[u] = walk.step;
      }
#pragma unroll
      for (int u = 0; u < kUnroll; ++u)
        best.merge(rank_of<order>(loaded[u]), indices[u]);
    }
    combine_apart(best, lane, work.lanes, spacing, shared);
    if (lane == 0 && result == wanted) {
      store<T>(work, box.split, result, place, key_of(best.rank), best.index);
    }
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("strided", [](auto type, auto order) {
  return &strided<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
