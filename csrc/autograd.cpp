// Gradients. Indices have none; values are what a gather at the indices gives, and have its
// gradient.

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/gather.h>
#include <torch/library.h>

#include <string>
#include <tuple>

#include "order.h"

namespace torch_argmax {
namespace {

bool needs_gradient(const at::Tensor& tensor) {
  return (at::GradMode::is_enabled() && tensor.requires_grad()) || tensor._fw_grad(0).defined();
}

template <Order order>
struct Extremum {
  static constexpr const char* kName = order == Order::Max ? "max" : "min";
  using Signature = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, int64_t, bool);
  using OutSignature = void(const at::Tensor&, int64_t, bool, const at::Tensor&, const at::Tensor&);

  template <class S>
  static const c10::TypedOperatorHandle<S>& find(const char* overload) {
    static const auto handle =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow((std::string("torch_argmax::") + kName).c_str(), overload)
            .typed<S>();
    return handle;
  }

  // Through gather, values get all that torch can differentiate: backward, double backward and
  // forward mode.
  static std::tuple<at::Tensor, at::Tensor> dim(c10::DispatchKeySet keys, const at::Tensor& self,
                                                int64_t dim, bool keepdim) {
    at::Tensor values, indices;
    {
      at::AutoDispatchBelowADInplaceOrView guard;
      std::tie(values, indices) =
          find<Signature>("dim").redispatch(keys & c10::after_autograd_keyset, self, dim, keepdim);
    }
    if (needs_gradient(self)) {
      const bool squeezed = !keepdim && self.dim() > 0;
      values = at::gather(self, dim, squeezed ? indices.unsqueeze(dim) : indices);
      if (squeezed) values = values.squeeze(dim);
    }
    return {values, indices};
  }

  static void out(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim, bool keepdim,
                  const at::Tensor& values, const at::Tensor& indices) {
    TORCH_CHECK(!needs_gradient(self) && !needs_gradient(values), kName,
                "(): functions with out=... arguments don't support automatic differentiation, but "
                "one of the arguments requires grad.");
    at::AutoDispatchBelowADInplaceOrView guard;
    find<OutSignature>(order == Order::Max ? "dim_max" : "dim_min")
        .redispatch(keys & c10::after_autograd_keyset, self, dim, keepdim, values, indices);
  }
};

}  // namespace
}  // namespace torch_argmax

TORCH_LIBRARY_IMPL(torch_argmax, Autograd, library) {
  using Max = torch_argmax::Extremum<torch_argmax::Order::Max>;
  using Min = torch_argmax::Extremum<torch_argmax::Order::Min>;
  for (const char* name : {"argmax", "argmax.out", "argmin", "argmin.out"}) {
    library.impl(name, torch::CppFunction::makeFallthrough());
  }
  library.impl("max.dim", TORCH_FN(Max::dim));
  library.impl("max.dim_max", TORCH_FN(Max::out));
  library.impl("min.dim", TORCH_FN(Min::dim));
  library.impl("min.dim_min", TORCH_FN(Min::out));
}
