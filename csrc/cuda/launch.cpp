#include "launch.h"

#include <string>

#include "plan.h"

namespace torch_argmax::cuda {

cudaError_t launch(const Problem& problem, const Plan& plan, const Work& work,
                   cudaStream_t stream) {
  std::string name = plan.kernel->name;
  if (plan.candidates > 1 && Registration::has(kShared + name)) name = kShared + name;
  const Function function = Registration::find(name, problem.dtype, problem.order);
  cudaLaunchAttribute attributes[2];
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(plan.blocks));
  config.blockDim = dim3(plan.threads);
  config.stream = stream;
  config.attrs = attributes;
  if (plan.cluster > 1) {
    cudaLaunchAttribute& attribute = attributes[config.numAttrs++];
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {static_cast<unsigned>(plan.cluster), 1, 1};
    // More than 8 blocks have to be asked for.
    const cudaError_t error =
        cudaFuncSetAttribute(function, cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
    if (error != cudaSuccess) return error;
  }
  if (plan.candidates > 1) {  // combined behind a barrier of the grid
    cudaLaunchAttribute& attribute = attributes[config.numAttrs++];
    attribute.id = cudaLaunchAttributeCooperative;
    attribute.val.cooperative = 1;
  }
  void* arguments[] = {const_cast<Work*>(&work)};
  return cudaLaunchKernelExC(&config, function, arguments);
}

}  // namespace torch_argmax::cuda
