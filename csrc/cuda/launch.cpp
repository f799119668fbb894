#include "launch.h"

#include "plan.h"

namespace torch_argmax::cuda {
namespace {

Function function_of(const Problem& problem, const Plan& plan) {
  const char* name = plan.kernel->name;
  if (plan.candidates > 1 && SharedRegistration::has(name))
    return SharedRegistration::find(name, problem.dtype, problem.order);
  return Registration::find(name, problem.dtype, problem.order);
}

}  // namespace

cudaError_t launch(const Problem& problem, const Plan& plan, const Work& work,
                   cudaStream_t stream) {
  const void* function = function_of(problem, plan).address;
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
  }
  if (plan.cluster > kPortableCluster) {
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
