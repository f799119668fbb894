// Stands in for cuda/ in a build without CUDA: a CUDA tensor gets a sentence that says so.

#include "backend.h"
#include "ops.h"

namespace torch_argmax::cuda {
namespace {

constexpr const char* kAbsent =
    "torch_argmax was built without CUDA: it serves CPU tensors only. Build it again where nvcc "
    "and "
    "a CUDA build of torch are installed.";

void run(const at::Tensor&, Order, int64_t, const at::Tensor&, const at::Tensor&) {
  TORCH_CHECK_NOT_IMPLEMENTED(false, kAbsent);
}

}  // namespace

Limits limits(int) {
  TORCH_CHECK_NOT_IMPLEMENTED(false, kAbsent);
}

int toolkit_version() {
  return 0;
}

}  // namespace torch_argmax::cuda

TORCH_LIBRARY_IMPL(torch_argmax, CUDA, library) {
  torch_argmax::implement<torch_argmax::cuda::run>(library);
}
