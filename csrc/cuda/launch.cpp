#include "launch.h"

#include "plan.h"

namespace torch_argmax::cuda {
cudaError_t launch(const Problem& problem, const Plan& plan, const Work& work,
                   cudaStream_t stream) {
  const void* function =
      Registration::find(plan.kernel->name, problem.dtype, problem.order).address;
  cudaLaunchAttribute attributes[3];
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(plan.blocks));
  config.blockDim = dim3(plan.threads);
  config.dynamicSmemBytes = plan.shared_bytes;
  config.stream = stream;
  config.attrs = attributes;
  if (plan.cluster > 1) {
    cudaLaunchAttribute& attribute = attributes[config.numAttrs++];
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {static_cast<unsigned>(plan.cluster), 1, 1};
  }
  // Without leave a block may have 48 KB, up to 1 KB of which kernels declare.
  if (plan.shared_bytes > 47 << 10) {
    const cudaError_t error = cudaFuncSetAttribute(
        function, cudaFuncAttributeMaxDynamicSharedMemorySize, plan.shared_bytes);
    if (error != cudaSuccess) return error;
  }
  if (plan.cluster > kPortableCluster) {
    const cudaError_t error =
        cudaFuncSetAttribute(function, cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
    if (error != cudaSuccess) return error;
  }
  if (plan.has_barrier()) {
    cudaLaunchAttribute& attribute = attributes[config.numAttrs++];
    attribute.id = cudaLaunchAttributeCooperative;
    attribute.val.cooperative = 1;
  }
  if (plan.evict_first_bytes > 0) {
    cudaLaunchAttribute& attribute = attributes[config.numAttrs++];
    attribute.id = cudaLaunchAttributeAccessPolicyWindow;
    cudaAccessPolicyWindow& window = attribute.val.accessPolicyWindow;
    window = {};
    window.base_ptr = const_cast<void*>(work.input);
    window.num_bytes = plan.evict_first_bytes;
    window.hitRatio = 1;
    window.hitProp = cudaAccessPropertyStreaming;  // evicted first
    window.missProp = cudaAccessPropertyNormal;
  }
  void* arguments[] = {const_cast<Work*>(&work)};
  return cudaLaunchKernelExC(&config, function, arguments);
}

}  // namespace torch_argmax::cuda
