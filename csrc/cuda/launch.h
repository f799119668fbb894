#pragma once
// Launch: from a plan to a kernel on a stream. Free of torch.

#include <cuda_runtime_api.h>

#include <cstddef>

#include "../dtypes.h"
#include "../order.h"
#include "../plan.h"
#include "../registry.h"
#include "../work.h"

namespace torch_argmax::cuda {

// A kernel's instantiation for a dtype and an order. All of them take a Work, or the prefix of one
// that a FewDimsWork is, which is why one launch serves all. Each kernel file registers its own, by
// the name it has in the planner's list.
struct Function {
  template <int kDims>
  Function(void (*kernel)(WorkOf<kDims>)) : address(reinterpret_cast<const void*>(kernel)) {}
  // For a dtype that the kernel does not serve.
  Function(std::nullptr_t) : address(nullptr) {}

  const void* address;
};
using Registration = torch_argmax::Registration<Function>;

// Runs `plan` on the current device, in one launch.
cudaError_t launch(const Problem& problem, const Plan& plan, const Work& work, cudaStream_t stream);

}  // namespace torch_argmax::cuda
