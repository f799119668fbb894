#include "problem.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

namespace torch_argmax {
namespace {

// Ties are settled by the logical index (`step`), so the walk may follow memory: the smaller the
// stride, the faster the dimension. Stride 0 (an expanded dimension) goes outermost: it is no help
// to anything that reads.
int64_t slowness(const Dim& dim) {
  return dim.stride == 0 ? std::numeric_limits<int64_t>::max() : dim.stride;
}

// Sorts by stride, and fuses each dimension into its slower neighbour where stepping past the end
// of one is a step of the other, in memory and in the result.
void make_walk(Dims& dims) {
  std::sort(dims.dims, dims.dims + dims.count,
            [](const Dim& a, const Dim& b) { return slowness(a) > slowness(b); });
  const int count = std::exchange(dims.count, 0);
  for (int i = 0; i < count; ++i) {
    const Dim dim = dims.dims[i];
    Dim* slower = dims.count ? &dims.dims[dims.count - 1] : nullptr;
    if (slower && slower->stride == dim.size * dim.stride && slower->step == dim.size * dim.step) {
      *slower = {slower->size * dim.size, dim.stride, dim.step};
    } else {
      dims.append(dim);
    }
  }
}

void print(std::ostream& out, const Dim& dim) {
  out << dim.size << "(stride " << dim.stride << ", step " << dim.step << ")";
}

void print(std::ostream& out, const Dims& dims) {
  out << "[";
  for (int i = 0; i < dims.count; ++i) {
    if (i) out << ", ";
    print(out, dims.dims[i]);
  }
  out << "]";
}

}  // namespace

bool Dims::operator==(const Dims& other) const {
  return count == other.count && std::equal(dims, dims + count, other.dims);
}

int64_t Problem::span_bytes() const {
  int64_t last = (inner.size - 1) * inner.stride;
  for (const Dims* walk : {&outer, &reduce}) {
    for (int i = 0; i < walk->count; ++i)
      last += (walk->dims[i].size - 1) * walk->dims[i].stride;
  }
  return (last + 1) * size_of(dtype);
}

bool Problem::operator==(const Problem& other) const {
  return order == other.order && dtype == other.dtype && outer == other.outer &&
         reduce == other.reduce && inner == other.inner;
}

std::string to_string(const Problem& problem) {
  std::ostringstream out;
  out << "Problem(" << name_of(problem.order) << ", " << name_of(problem.dtype) << ", outer ";
  print(out, problem.outer);
  out << ", reduce ";
  print(out, problem.reduce);
  out << ", inner ";
  print(out, problem.inner);
  out << ")";
  return out.str();
}

Problem describe(Order order, DType dtype, const int64_t* sizes, const int64_t* strides, int ndim,
                 int64_t dim) {
  Problem problem;
  problem.order = order;
  problem.dtype = dtype;
  int64_t kept_step = 1, reduced_step = 1;
  for (int i = ndim - 1; i >= 0; --i) {
    if (sizes[i] == 1) continue;
    if (dim == kAllDims || dim == i) {
      // Along an expanded dimension all elements are equal, and the first of them wins.
      if (strides[i] != 0) problem.reduce.append({sizes[i], strides[i], reduced_step});
      reduced_step *= sizes[i];
    } else {
      problem.outer.append({sizes[i], strides[i], kept_step});
      kept_step *= sizes[i];
    }
  }

  make_walk(problem.outer);
  make_walk(problem.reduce);
  if (problem.reduce.count == 0) problem.reduce.append({1, 1, 1});
  if (!problem.contiguous_rows() && problem.outer.count > 0 &&
      problem.outer.fastest().stride == 1) {
    problem.inner = problem.outer.fastest();
    --problem.outer.count;
  }
  return problem;
}

}  // namespace torch_argmax
