#pragma once
// What a kernel is given: the walk, its tiling and the pointers, as one plain value that fits in
// the parameters of a CUDA kernel; and what every kernel does with a winner.

#include <cstddef>
#include <cstdint>

#include "order.h"
#include "plan.h"
#include "portable.h"
#include "problem.h"

namespace torch_argmax {

template <int kDims>
struct WorkOf {
  // What kernels of small inputs need comes first. A GPU reads parameters through a cache that is
  // cold when a kernel begins, 64 bytes at a time; the first 48 bytes share a line that it reads
  // anyway. By column_warp, (50, 85, 85) float32 took 5.45 us when it read 160 bytes of them, and
  // 5.25 since all is in the first 112 (H100, 2026-11-27).
  const void* input = nullptr;
  int64_t* indices = nullptr;
  void* values = nullptr;  // null where only indices are wanted
  // Of the fastest of the outer dimensions, 0 if there are none; of the fastest reduced one, or of
  // the one along which lines are; and of the inner one.
  int64_t outer_stride = 0;
  int64_t outer_step = 0;
  int64_t reduced_step = 0;
  int outer_count = 0;
  int lanes = 1;
  int64_t reduced_stride = 0;
  int64_t inner_step = 0;
  Tiling tiling;
  int64_t inner_stride = 0;
  int64_t inner_size = 1;  // of the problem: where tilings have no inner dimension, too

  // Scratch memory, where a result has several candidates: their ranks and indices. Those of
  // neighbouring results lie side by side.
  int64_t candidates = 1;
  void* candidate_ranks = nullptr;
  int64_t* candidate_indices = nullptr;
  // Not initialized: one for each box, or for each front.
  unsigned* counters = nullptr;

  int reduce_count = 0;
  int fronts = 0;
  int faster = 0;
  int64_t reduced_size = 0;
  // Those of outer, then those of reduce. Last, so that fewer are a prefix of more.
  Dim dims[kDims];

  TA_HOST_DEVICE Place outer_at(int64_t position) const {
    return outer_count > 1 ? walk_outer(position) : even_outer_at(position);
  }
  // Where there is one outer dimension at most.
  TA_HOST_DEVICE Place even_outer_at(int64_t position) const {
    return {position * outer_stride, position * outer_step};
  }
  TA_COLD Place walk_outer(int64_t position) const { return place_at(dims, outer_count, position); }
  TA_HOST_DEVICE Place reduce_at(int64_t position) const {
    return place_at(dims + outer_count, reduce_count, position);
  }
  // The same over some of the reduced dimensions: [first, first + count).
  TA_HOST_DEVICE Place reduce_at(int64_t position, int first, int count) const {
    if (count == 0) return {};
    if (count > 1) return walk_reduced(position, first, count);
    const Dim& dim = dims[outer_count + first];
    return {position * dim.stride, position * dim.step};
  }
  TA_COLD Place walk_reduced(int64_t position, int first, int count) const {
    return place_at(dims + outer_count + first, count, position);
  }
  TA_HOST_DEVICE Place result_at(int64_t result) const {
    if (inner_size == 1) return outer_at(result);
    const int64_t outer = quotient(result, inner_size);
    return inner_at(outer_at(outer), result - outer * inner_size);
  }
  // Whether results that are `step` apart lie side by side, and only indices are wanted, which are
  // positions of the reduced dimension.
  TA_HOST_DEVICE bool stores_as_found(int64_t step) const {
    return step == 1 && reduced_step == 1 && !values;
  }
  TA_HOST_DEVICE Place inner_at(Place outer, int64_t position) const {
    return {outer.offset + position * inner_stride, outer.step + position * inner_step};
  }
  // Where a column of a slab is: columns are the inner dimension, or if there is none the fastest
  // of outer, and slabs the others of outer.
  TA_HOST_DEVICE Place column_at(int64_t slab, int64_t column) const {
    if (inner_size > 1) return inner_at(outer_at(slab), column);
    Place place;
    if (outer_count > 2) {
      place = walk_slabs(slab);
    } else if (outer_count == 2) {
      place = {slab * dims[0].stride, slab * dims[0].step};
    }
    return {place.offset + column * outer_stride, place.step + column * outer_step};
  }
  TA_COLD Place walk_slabs(int64_t slab) const { return place_at(dims, outer_count - 1, slab); }
};

// Any number of dimensions, and few. Kernels that need only a few take their parameters as a prefix
// of a Work: on an H100 whose L2 cache is cold, 1.7 KB of parameters instead of 88 bytes delayed
// kernels of 8 to 64 blocks by 0.6 to 0.8 us, though not one of a single block (2026-11-24).
constexpr int kFewDims = 6;
using Work = WorkOf<kMaxDims>;
using FewDimsWork = WorkOf<kFewDims>;
static_assert(sizeof(Work) <= 4096, "a CUDA kernel takes 4 KB of parameters");
static_assert(sizeof(Work) - sizeof(FewDimsWork) == (kMaxDims - kFewDims) * sizeof(Dim),
              "one must be a prefix of the other");
static_assert(offsetof(Work, tiling) + 5 * sizeof(int64_t) == 112,
              "what kernels of small inputs need must come first");

// Bytes of scratch memory that a plan needs: for each candidate 8 for a rank of any dtype and 8 for
// an index; and a counter for each box. With fronts, 8 for a rank and an index, and a counter for
// each front.
inline int64_t scratch_bytes(const Plan& plan) {
  if (plan.fronts > 0) return 8 * plan.tiling.results() + sizeof(unsigned) * plan.fronts;
  if (plan.candidates == 1) return 0;
  return 16 * plan.tiling.results() * plan.candidates + sizeof(unsigned) * plan.tiling.boxes();
}

// `scratch` holds scratch_bytes, aligned to 8.
Work make_work(const Problem& problem, const Plan& plan, const void* input, int64_t* indices,
               void* values, void* scratch);

// Writes a result: its place, the logical index of its winner, and the winner itself, to the sign
// of a zero and the payload of a NaN: it is copied from where it won, or from `element`, a copy of
// it.
template <class T, class Work>
TA_HOST_DEVICE void store_result(const Work& work, Place place, int64_t index, const T* element) {
  *evicted_last(work.indices + place.step) = index;
  if (work.values) {
    *evicted_last(static_cast<T*>(work.values) + place.step) = *element;
  }
}
template <class T, class Work>
TA_HOST_DEVICE void store_result(const Work& work, Place place, int64_t index) {
  const T* input = static_cast<const T*>(work.input);
  store_result<T>(work, place, index, input + place.offset + index * work.reduced_stride);
}

// The same where stores_as_found() allows it: no arithmetic of 64 bits for each result, which took
// (16, 21, 512, 512) dim 1 float16 from 76.9 us to 77.9 on an H100 (2026-11-27).
template <class Work>
TA_HOST_DEVICE void store_as_found(const Work& work, int64_t place, int index) {
  *evicted_last(work.indices + place) = static_cast<unsigned>(index);
}

// Writes a result's candidate number `slot`. `rank` is a rank or a key: whatever the kernel's
// device combines candidates by.
template <class Work, class R>
TA_HOST_DEVICE void leave_candidate(const Work& work, int64_t slot, int64_t result, R rank,
                                    int64_t index) {
  const int64_t at = slot * work.tiling.results() + result;
  static_cast<R*>(work.candidate_ranks)[at] = rank;
  work.candidate_indices[at] = index;
}

// Writes what was found for a result: the result itself, or a candidate.
template <class T, class Work, class R>
TA_HOST_DEVICE void store(const Work& work, int64_t slot, int64_t result, Place place, R rank,
                          int64_t index) {
  if (work.candidates == 1) {
    store_result<T>(work, place, index);
  } else {
    leave_candidate(work, slot, result, rank, index);
  }
}

}  // namespace torch_argmax
