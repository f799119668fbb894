#include "launch.h"

#include <algorithm>

#include "plan.h"

namespace torch_argmax::cuda {
namespace {

cudaError_t launch_named(const char* name, const Problem& problem, const Work& work, int64_t blocks,
                         int threads, cudaStream_t stream) {
  const auto function = Registration::find(name, problem.dtype, problem.order);
  void* arguments[] = {const_cast<Work*>(&work)};
  return cudaLaunchKernel(reinterpret_cast<const void*>(function),
                          dim3(static_cast<unsigned>(blocks)), dim3(threads), arguments,
                          /*sharedMem=*/0, stream);
}

}  // namespace

cudaError_t launch(const Problem& problem, const Plan& plan, const Work& work,
                   cudaStream_t stream) {
  const cudaError_t error =
      launch_named(plan.kernel->name, problem, work, plan.blocks, plan.threads, stream);
  if (error != cudaSuccess || plan.tiling.splits() == 1) return error;

  // The merge kernel gives a warp to each result.
  constexpr int kThreads = 128;
  constexpr int64_t kResultsPerBlock = kThreads / 32;
  const int64_t blocks = (problem.results() + kResultsPerBlock - 1) / kResultsPerBlock;
  return launch_named("merge", problem, work, std::min(blocks, kMaxGrid), kThreads, stream);
}

}  // namespace torch_argmax::cuda
