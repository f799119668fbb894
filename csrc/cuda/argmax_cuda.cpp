// The CUDA backend: describe, plan, and launch on the tensor's device and its current stream.

#include <ATen/cuda/CUDAContext.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include "../backend.h"
#include "../ops.h"
#include "launch.h"
#include "plan.h"

namespace torch_argmax::cuda {
namespace {

void run(const at::Tensor& self, Order order, int64_t dim, const at::Tensor& indices,
         const at::Tensor& values) {
  const c10::cuda::CUDAGuard guard(self.device());
  const Problem problem = torch_argmax::describe(self, order, dim);
  const Plan plan = choose(kernels(), problem, limits(self.device().index()));
  // From torch's allocator, so that it is ordered on this stream and lives as long as a captured
  // graph does.
  at::Tensor scratch;
  if (const int64_t bytes = scratch_bytes(plan)) {
    scratch = at::empty({bytes}, self.options().dtype(at::kByte));
  }
  const Work work =
      make_work(problem, plan, self.const_data_ptr(), indices.mutable_data_ptr<int64_t>(),
                values.defined() ? values.mutable_data_ptr() : nullptr,
                scratch.defined() ? scratch.mutable_data_ptr() : nullptr);
  C10_CUDA_CHECK(launch(problem, plan, work, at::cuda::getCurrentCUDAStream()));
}

}  // namespace

Limits limits(int device) {
  const cudaDeviceProp* properties =
      device < 0 ? at::cuda::getCurrentDeviceProperties() : at::cuda::getDeviceProperties(device);
  // Data center GPUs (9.0 and 10.x) allow the largest.
  const int max_cluster = properties->major < 9     ? 1
                          : properties->major <= 10 ? kMaxCluster
                                                    : kPortableCluster;
  return {properties->multiProcessorCount, max_cluster,
          static_cast<int>(properties->sharedMemPerBlockOptin),
          properties->accessPolicyMaxWindowSize};
}

int toolkit_version() {
  return CUDART_VERSION;
}

}  // namespace torch_argmax::cuda

TORCH_LIBRARY_IMPL(torch_argmax, CUDA, library) {
  torch_argmax::implement<torch_argmax::cuda::run>(library);
}
