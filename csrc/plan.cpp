#include "plan.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <sstream>

namespace torch_argmax {
namespace {

std::string names_of(const Kernels& kernels) {
  std::string names;
  for (const Kernel& kernel : kernels)
    names += (names.empty() ? "" : ", ") + std::string(kernel.name);
  return names;
}

// An input is read once. If its lines are the first to leave the L2 cache, what kernels before have
// written stays there longer: it does not compete for the memory with the input, or is the end of
// the input itself. Larger inputs wash it out of the cache all the same, and slower.
//
// On an H100 (2026-11-26), a kernel that reads so many MB, in us by such a window, and without:
//                         16          32          64          128         160         192
//   after other writes    10.8, 11.6  16.5, 18.6  27.9, 32.5  50.9, 56.0  65.0, 66.6  78.4, 76.8
//   the input written     5.9, 6.0    8.2, 8.8    18.1, 26.3  41.7, 53.6  55.7, 65.3  71.6, 76.6
// There was no difference up to 8 MB, nor with a cache that holds nothing to write. Windows of the
// greatest size had no effect; 1 MB less did. (2, 256, 256, 256) dim 0 float32, whose results are
// as many bytes, took 95.4 and 94.2.
int64_t evict_first_bytes(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastBytes = 8 << 20, kUnusable = 1 << 20;
  if (limits.window_bytes == 0) return 0;  // no walk over the dimensions in calls on the CPU
  const int64_t bytes = problem.span_bytes();
  if (bytes <= kLeastBytes || bytes > limits.window_bytes / 4 * 5) return 0;
  // Results that are as many bytes should not stay in the input's place.
  if (2 * problem.results() * int64_t{sizeof(int64_t)} > bytes) return 0;
  return std::min(bytes, limits.window_bytes - kUnusable);
}

Plan made_by(const Kernel& kernel, Plan plan, const Problem& problem, const Limits& limits) {
  plan.kernel = &kernel;
  plan.evict_first_bytes = evict_first_bytes(problem, limits);
  return plan;
}

}  // namespace

bool Plan::operator==(const Plan& other) const {
  return kernel == other.kernel && tiling == other.tiling && blocks == other.blocks &&
         threads == other.threads && lanes == other.lanes && cluster == other.cluster &&
         shared_bytes == other.shared_bytes && candidates == other.candidates &&
         fronts == other.fronts && faster == other.faster &&
         evict_first_bytes == other.evict_first_bytes;
}

std::string to_string(const Plan& plan) {
  const Extents& space = plan.tiling.space();
  const Extents& tile = plan.tiling.tile();
  std::ostringstream out;
  out << "Plan(" << plan.kernel->name << ": outer " << space.outer << " x reduce " << space.reduce
      << " x inner " << space.inner << ", boxes of " << tile.outer << " x " << tile.reduce << " x "
      << tile.inner << ", splits " << plan.tiling.splits() << ", blocks " << plan.blocks
      << ", threads " << plan.threads << ", lanes " << plan.lanes << ", cluster " << plan.cluster
      << ", shared " << plan.shared_bytes << ", candidates " << plan.candidates << ", fronts "
      << plan.fronts << ", faster " << plan.faster << ", evict first " << plan.evict_first_bytes
      << ")";
  return out.str();
}

std::string& forced_kernel() {
  thread_local std::string name;
  return name;
}

Plan choose(const Kernels& kernels, const Problem& problem, const Limits& limits) {
  const std::string& forced = forced_kernel();
  bool known = false;
  for (const Kernel& kernel : kernels) {
    if (!forced.empty() && forced != kernel.name) continue;
    known = true;
    if (forced.empty() && !kernel.pays(problem, limits)) continue;
    if (const auto plan = kernel.fit(problem, limits))
      return made_by(kernel, *plan, problem, limits);
  }
  TORCH_CHECK_VALUE(known, "torch_argmax: no kernel is named '", forced,
                    "' on this device; there are: ", names_of(kernels));
  TORCH_CHECK_VALUE(false, "torch_argmax: kernel '", forced, "' does not serve ",
                    to_string(problem));
}

}  // namespace torch_argmax
