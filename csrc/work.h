#pragma once
// What a kernel is given: the walk, its tiling and the pointers, as one plain value that fits in
// the parameters of a CUDA kernel; and what every kernel does with a winner.

#include <cstdint>

#include "order.h"
#include "plan.h"
#include "portable.h"
#include "problem.h"

namespace torch_argmax {

struct Work {
  const void* input = nullptr;
  int64_t* indices = nullptr;
  void* values = nullptr;  // null where only indices are wanted

  // With splits, one candidate for each (result, split), result-major.
  void* partial_ranks = nullptr;
  int64_t* partial_indices = nullptr;

  Tiling tiling;
  int lanes = 1;

  Dim inner;
  int outer_count = 0;
  int reduce_count = 0;
  Dim dims[kMaxDims];  // those of outer, then those of reduce

  TA_HOST_DEVICE Place outer_at(int64_t position) const {
    return place_at(dims, outer_count, position);
  }
  TA_HOST_DEVICE Place reduce_at(int64_t position) const {
    return place_at(dims + outer_count, reduce_count, position);
  }
  TA_HOST_DEVICE Place result_at(int64_t result) const {
    const int64_t outer = quotient(result, inner.size);
    return inner_at(outer_at(outer), result - outer * inner.size);
  }
  TA_HOST_DEVICE Place inner_at(Place outer, int64_t position) const {
    return {outer.offset + position * inner.stride, outer.step + position * inner.step};
  }
  // The reduced dimension of rows and columns, which have a single one.
  TA_HOST_DEVICE const Dim& reduced() const { return dims[outer_count]; }
};

static_assert(sizeof(Work) <= 4096, "a CUDA kernel takes 4 KB of parameters");

// Bytes of scratch for the partial candidates: 8 for a rank of any dtype and 8 for an index.
inline int64_t scratch_bytes(const Tiling& tiling) {
  return tiling.splits() == 1 ? 0
                              : 16 * tiling.space().outer * tiling.space().inner * tiling.splits();
}

// `scratch` holds scratch_bytes, aligned to 8.
Work make_work(const Problem& problem, const Plan& plan, const void* input, int64_t* indices,
               void* values, void* scratch);

// Writes a result: its place, and the logical index of its winner. The value is read again from
// where it won, so it is the element itself, to the sign of a zero and the payload of a NaN.
template <class T>
TA_HOST_DEVICE void store_result(const Work& work, Place place, int64_t index) {
  work.indices[place.step] = index;
  if (work.values) {
    static_cast<T*>(work.values)[place.step] =
        static_cast<const T*>(work.input)[place.offset + index * work.reduced().stride];
  }
}

// Writes what a box found: the result itself, or a candidate for it where the reduction is split.
template <class T, class R>
TA_HOST_DEVICE void store(const Work& work, const Box& box, int64_t result, Place place, R rank,
                          int64_t index) {
  const int64_t splits = work.tiling.splits();
  if (splits == 1) {
    store_result<T>(work, place, index);
  } else {
    static_cast<R*>(work.partial_ranks)[result * splits + box.split] = rank;
    work.partial_indices[result * splits + box.split] = index;
  }
}

}  // namespace torch_argmax
