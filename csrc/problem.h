#pragma once
// Describe: a reduction as a walk through memory, free of torch and of the device.

#include <cstdint>
#include <string>

#include "dtypes.h"
#include "order.h"
#include "portable.h"

namespace torch_argmax {

// One dimension of a walk: `size` positions, `stride` elements of the input apart. `step` is what a
// position adds to the result: to the output's linear index in a kept dimension, to the logical
// index of the element in a reduced one.
//
// Not initialized: most of the many that a walk has room for are not used.
struct Dim {
  int64_t size;
  int64_t stride;
  int64_t step;

  bool operator==(const Dim& other) const {
    return size == other.size && stride == other.stride && step == other.step;
  }
};

// torch allows 64 dimensions, and describing adds none.
constexpr int kMaxDims = 64;

// Where a walk stands: an offset into the input and the sum of the steps.
struct Place {
  int64_t offset = 0;
  int64_t step = 0;
};

// a / b for a, b >= 0. A 64-bit division costs a GPU about 4 times a 32-bit one, and most are
// small.
TA_HOST_DEVICE int64_t quotient(int64_t a, int64_t b) {
  return ((a | b) >> 32) == 0 ? static_cast<uint32_t>(a) / static_cast<uint32_t>(b) : a / b;
}

// The place at `position` of a walk over `dims`, given from the slowest to the fastest.
TA_HOST_DEVICE Place place_at(const Dim* dims, int count, int64_t position) {
  Place place;
  for (int i = count - 1; i >= 0; --i) {
    const int64_t slower = i > 0 ? quotient(position, dims[i].size) : 0;
    const int64_t coordinate = position - slower * dims[i].size;
    place.offset += coordinate * dims[i].stride;
    place.step += coordinate * dims[i].step;
    position = slower;
  }
  return place;
}

// Whether positions of that walk that follow each other do so in memory, too.
TA_HOST_DEVICE bool is_dense(const Dim* dims, int count) {
  int64_t size = 1;
  for (int i = count - 1; i >= 0; --i) {
    if (dims[i].stride != size) return false;
    size *= dims[i].size;
  }
  return true;
}

// Dimensions from the slowest to the fastest.
struct Dims {
  int count = 0;
  Dim dims[kMaxDims];

  int64_t size() const { return size_from(0); }
  // Of dimension `first` and those that are faster.
  int64_t size_from(int first) const {
    int64_t product = 1;
    for (int i = first; i < count; ++i)
      product *= dims[i].size;
    return product;
  }
  void append(Dim dim) { dims[count++] = dim; }
  const Dim& fastest() const { return dims[count - 1]; }
  bool operator==(const Dims& other) const;
};

// outer x reduce x inner. Every kept dimension is in `outer`, but for one: if the input's elements
// lie side by side along a kept dimension, and not along the reduced one, that is `inner`. The
// results of one call are numbered outer-major: `result = outer * inner.size + inner`.
struct Problem {
  Order order = Order::Max;
  DType dtype = DType::Float32;
  Dims outer;
  Dims reduce;
  Dim inner = {1, 0, 0};

  int dims() const { return outer.count + reduce.count; }
  int64_t results() const { return outer.size() * inner.size; }
  // From the first byte of the input that is read to the last, and one more.
  int64_t span_bytes() const;
  bool contiguous_rows() const { return reduce.count == 1 && reduce.fastest().stride == 1; }
  bool contiguous_columns() const {
    return reduce.count == 1 && !contiguous_rows() && inner.stride == 1;
  }
  bool operator==(const Problem& other) const;
};

std::string to_string(const Problem& problem);

constexpr int64_t kAllDims = INT64_MIN;

// Describes reducing dimension `dim` (wrapped, in range; or kAllDims) of a tensor that has
// elements. Dimensions are sorted by stride and fused where memory, results and ties allow it.
Problem describe(Order order, DType dtype, const int64_t* sizes, const int64_t* strides, int ndim,
                 int64_t dim);

}  // namespace torch_argmax
