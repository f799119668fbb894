#include "ops.h"

#include <ATen/EmptyTensor.h>
#include <ATen/WrapDimUtils.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max.h>
#include <ATen/ops/min.h>

#include "cpu/pages.h"

namespace torch_argmax {
namespace {

std::optional<DType> dtype_of(at::ScalarType type) {
  switch (type) {
    case at::kBool:
      return DType::Bool;
    case at::kByte:
      return DType::UInt8;
    case at::kChar:
      return DType::Int8;
    case at::kShort:
      return DType::Int16;
    case at::kInt:
      return DType::Int32;
    case at::kLong:
      return DType::Int64;
    case at::kHalf:
      return DType::Float16;
    case at::kBFloat16:
      return DType::BFloat16;
    case at::kFloat:
      return DType::Float32;
    case at::kDouble:
      return DType::Float64;
    default:
      return {};
  }
}

// What is not ours goes to torch, which refuses it in its own words and types, or serves the corner
// that it does serve (any dtype, if the reduced dimension has size 1).
bool arg_is_ours(const at::Tensor& self) {
  return self.scalar_type() != at::kBool && dtype_of(self.scalar_type());
}
bool extremum_is_ours(const at::Tensor& self) {
  return dtype_of(self.scalar_type()).has_value();
}

const char* arg_name(Order order) {
  return order == Order::Max ? "argmax()" : "argmin()";
}
const char* extremum_name(Order order) {
  return order == Order::Max ? "max()" : "min()";
}

// The sizes of the result. Sizes may be symbolic: this serves the shape functions too.
c10::SymDimVector result_sizes(const char* name, const at::Tensor& self, int64_t dim,
                               bool keepdim) {
  const auto sizes = self.sym_sizes();
  if (dim == kAllDims) {
    TORCH_CHECK_INDEX(!TORCH_GUARD_OR_FALSE(self.sym_numel().sym_eq(0)), name,
                      ": Expected reduction dim to be specified for input.numel() == 0.");
    return c10::SymDimVector(keepdim ? sizes.size() : 0, 1);
  }
  c10::SymDimVector result(sizes.begin(), sizes.end());
  if (sizes.empty()) return result;
  TORCH_CHECK_INDEX(!TORCH_GUARD_OR_FALSE(sizes[dim].sym_eq(0)), name, ": Expected reduction dim ",
                    dim, " to have non-zero size.");
  if (keepdim) {
    result[dim] = 1;
  } else {
    result.erase(result.begin() + dim);
  }
  return result;
}

// On a CPU without a second way through the dispatcher, as torch's structured kernels do.
at::Tensor new_results(Run run, c10::SymIntArrayRef sizes, const at::Tensor& self,
                       at::ScalarType type) {
  if (!run || !self.is_cpu()) return at::empty_symint(sizes, self.options().dtype(type));
  at::Tensor results = at::detail::empty_cpu(C10_AS_INTARRAYREF_SLOW(sizes), type);
  cpu::prefer_huge_pages(results.mutable_data_ptr(), results.nbytes());
  return results;
}

// Meta tensors have a shape and nothing to reduce; results without elements have nothing to store.
void run_if_any(Run run, const at::Tensor& self, Order order, int64_t dim,
                const at::Tensor& indices, const at::Tensor& values) {
  if (run && indices.numel() != 0) run(self, order, dim, indices, values);
}

void check_out(const at::Tensor& out, const at::Tensor& self, at::ScalarType type) {
  TORCH_CHECK(out.scalar_type() == type, "Expected out tensor to have dtype ",
              c10::scalarTypeToTypeMeta(type), ", but got ", out.dtype(), " instead");
  TORCH_CHECK(out.device() == self.device(), "Expected out tensor to have device ", self.device(),
              ", but got ", out.device(), " instead");
}

// Can a kernel write to `out` while it reads `self`?
bool directly_writable(const at::Tensor& out, const at::Tensor& self) {
  return out.is_contiguous() && !out.is_alias_of(self);
}

// Autograd must learn that a kernel wrote to `out` behind its back.
void mark_written(const at::Tensor& out) {
  out.unsafeGetTensorImpl()->bump_version();
}

}  // namespace

int64_t wrapped(const at::Tensor& self, std::optional<int64_t> dim) {
  return dim ? at::maybe_wrap_dim(*dim, self.dim()) : kAllDims;
}

Problem describe(const at::Tensor& self, Order order, int64_t dim) {
  const auto dtype = dtype_of(self.scalar_type());
  TORCH_CHECK_NOT_IMPLEMENTED(dtype, "torch_argmax: no kernel reads ", self.scalar_type());
  return describe(order, *dtype, self.sizes().data(), self.strides().data(),
                  static_cast<int>(self.dim()), dim);
}

at::Tensor arg(Run run, Order order, const at::Tensor& self, std::optional<int64_t> dim,
               bool keepdim) {
  if (!arg_is_ours(self)) {
    return order == Order::Max ? at::argmax(self, dim, keepdim) : at::argmin(self, dim, keepdim);
  }
  const int64_t reduced = wrapped(self, dim);
  const auto sizes = result_sizes(arg_name(order), self, reduced, keepdim);
  at::Tensor indices = new_results(run, sizes, self, at::kLong);
  run_if_any(run, self, order, reduced, indices, {});
  return indices;
}

void arg_out(Run run, Order order, const at::Tensor& self, std::optional<int64_t> dim, bool keepdim,
             const at::Tensor& out) {
  if (!arg_is_ours(self)) {
    at::Tensor result = out;
    order == Order::Max ? at::argmax_out(result, self, dim, keepdim)
                        : at::argmin_out(result, self, dim, keepdim);
    return;
  }
  const int64_t reduced = wrapped(self, dim);
  const auto sizes = result_sizes(arg_name(order), self, reduced, keepdim);
  check_out(out, self, at::kLong);
  at::native::resize_output_symint(out, sizes);
  if (!run) return;
  if (directly_writable(out, self)) {
    run_if_any(run, self, order, reduced, out, {});
    mark_written(out);
  } else {
    out.copy_(arg(run, order, self, dim, keepdim));
  }
}

std::tuple<at::Tensor, at::Tensor> extremum(Run run, Order order, const at::Tensor& self,
                                            int64_t dim, bool keepdim) {
  if (!extremum_is_ours(self)) {
    return order == Order::Max ? at::max(self, dim, keepdim) : at::min(self, dim, keepdim);
  }
  const int64_t reduced = wrapped(self, dim);
  const auto sizes = result_sizes(extremum_name(order), self, reduced, keepdim);
  at::Tensor values = new_results(run, sizes, self, self.scalar_type());
  at::Tensor indices = new_results(run, sizes, self, at::kLong);
  run_if_any(run, self, order, reduced, indices, values);
  return {values, indices};
}

void extremum_out(Run run, Order order, const at::Tensor& self, int64_t dim, bool keepdim,
                  const at::Tensor& values, const at::Tensor& indices) {
  if (!extremum_is_ours(self)) {
    at::Tensor result = values, index = indices;
    order == Order::Max ? at::max_out(result, index, self, dim, keepdim)
                        : at::min_out(result, index, self, dim, keepdim);
    return;
  }
  const int64_t reduced = wrapped(self, dim);
  const auto sizes = result_sizes(extremum_name(order), self, reduced, keepdim);
  check_out(values, self, self.scalar_type());
  check_out(indices, self, at::kLong);
  at::native::resize_output_symint(values, sizes);
  at::native::resize_output_symint(indices, sizes);
  if (!run) return;
  if (directly_writable(values, self) && directly_writable(indices, self) &&
      !values.is_alias_of(indices)) {
    run_if_any(run, self, order, reduced, indices, values);
    mark_written(values);
    mark_written(indices);
  } else {
    const auto [new_values, new_indices] = extremum(run, order, self, dim, keepdim);
    values.copy_(new_values);
    indices.copy_(new_indices);
  }
}

}  // namespace torch_argmax

TORCH_LIBRARY(torch_argmax, library) {
  // The kernels take any strides: Inductor need not copy an input to make them what they were.
  const std::vector<at::Tag> tags = {at::Tag::pt2_compliant_tag, at::Tag::flexible_layout};
  // Overloads and arguments as in aten, but the out variants return nothing: a result that aliases
  // an argument could not be functionalized, and so not be compiled.
  for (const char* schema : {
           "argmax(Tensor input, int? dim=None, bool keepdim=False) -> Tensor",
           "argmax.out(Tensor input, int? dim=None, bool keepdim=False, *, Tensor(a!) out) -> ()",
           "argmin(Tensor input, int? dim=None, bool keepdim=False) -> Tensor",
           "argmin.out(Tensor input, int? dim=None, bool keepdim=False, *, Tensor(a!) out) -> ()",
           "max.dim(Tensor input, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
           "max.dim_max(Tensor input, int dim, bool keepdim=False, *, Tensor(a!) max,"
           " Tensor(b!) max_values) -> ()",
           "min.dim(Tensor input, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
           "min.dim_min(Tensor input, int dim, bool keepdim=False, *, Tensor(a!) min,"
           " Tensor(b!) min_indices) -> ()",
       }) {
    library.def(schema, tags);
  }
}

// The shape functions: everything but the reduction.
TORCH_LIBRARY_IMPL(torch_argmax, Meta, library) {
  torch_argmax::implement<nullptr>(library);
}
