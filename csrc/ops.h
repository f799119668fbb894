#pragma once
// The operator family, once for all backends: check, allocate, and hand to the backend's Run.

#include <ATen/core/Tensor.h>
#include <torch/library.h>

#include <optional>
#include <tuple>

#include "problem.h"

namespace torch_argmax {

// Reduces `self`, which has elements, over dimension `dim` (wrapped; or kAllDims). Fills `indices`
// and, if it is defined, `values`: contiguous, of the right size, sharing no memory with `self`.
using Run = void (*)(const at::Tensor& self, Order order, int64_t dim, const at::Tensor& indices,
                     const at::Tensor& values);

at::Tensor arg(Run run, Order order, const at::Tensor& self, std::optional<int64_t> dim,
               bool keepdim);
void arg_out(Run run, Order order, const at::Tensor& self, std::optional<int64_t> dim, bool keepdim,
             const at::Tensor& out);
std::tuple<at::Tensor, at::Tensor> extremum(Run run, Order order, const at::Tensor& self,
                                            int64_t dim, bool keepdim);
void extremum_out(Run run, Order order, const at::Tensor& self, int64_t dim, bool keepdim,
                  const at::Tensor& values, const at::Tensor& indices);

// The kernels' view of a tensor that has elements and a dtype of ours.
Problem describe(const at::Tensor& self, Order order, int64_t dim);

// `dim` as the kernels take it: wrapped, or kAllDims. Throws torch's IndexError if out of range.
int64_t wrapped(const at::Tensor& self, std::optional<int64_t> dim);

// The family bound to a backend: what TORCH_LIBRARY_IMPL registers under its dispatch key.
template <Run run, Order order>
struct Family {
  static at::Tensor arg(const at::Tensor& self, std::optional<int64_t> dim, bool keepdim) {
    return torch_argmax::arg(run, order, self, dim, keepdim);
  }
  static void arg_out(const at::Tensor& self, std::optional<int64_t> dim, bool keepdim,
                      const at::Tensor& out) {
    torch_argmax::arg_out(run, order, self, dim, keepdim, out);
  }
  static std::tuple<at::Tensor, at::Tensor> extremum(const at::Tensor& self, int64_t dim,
                                                     bool keepdim) {
    return torch_argmax::extremum(run, order, self, dim, keepdim);
  }
  static void extremum_out(const at::Tensor& self, int64_t dim, bool keepdim,
                           const at::Tensor& values, const at::Tensor& indices) {
    torch_argmax::extremum_out(run, order, self, dim, keepdim, values, indices);
  }
};

template <Run run>
void implement(torch::Library& library) {
  using Max = Family<run, Order::Max>;
  using Min = Family<run, Order::Min>;
  library.impl("argmax", TORCH_FN(Max::arg));
  library.impl("argmax.out", TORCH_FN(Max::arg_out));
  library.impl("argmin", TORCH_FN(Min::arg));
  library.impl("argmin.out", TORCH_FN(Min::arg_out));
  library.impl("max.dim", TORCH_FN(Max::extremum));
  library.impl("max.dim_max", TORCH_FN(Max::extremum_out));
  library.impl("min.dim", TORCH_FN(Min::extremum));
  library.impl("min.dim_min", TORCH_FN(Min::extremum_out));
}

}  // namespace torch_argmax
