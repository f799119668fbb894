#include "plan.h"

#include <c10/util/Exception.h>

#include <sstream>

namespace torch_argmax {
namespace {

std::string names_of(const Kernels& kernels) {
  std::string names;
  for (const Kernel& kernel : kernels)
    names += (names.empty() ? "" : ", ") + std::string(kernel.name);
  return names;
}

Plan made_by(const Kernel& kernel, Plan plan) {
  plan.kernel = &kernel;
  return plan;
}

}  // namespace

bool Plan::operator==(const Plan& other) const {
  return kernel == other.kernel && tiling == other.tiling && blocks == other.blocks &&
         threads == other.threads && lanes == other.lanes && cluster == other.cluster &&
         shared_bytes == other.shared_bytes && candidates == other.candidates;
}

std::string to_string(const Plan& plan) {
  const Extents& space = plan.tiling.space();
  const Extents& tile = plan.tiling.tile();
  std::ostringstream out;
  out << "Plan(" << plan.kernel->name << ": outer " << space.outer << " x reduce " << space.reduce
      << " x inner " << space.inner << ", boxes of " << tile.outer << " x " << tile.reduce << " x "
      << tile.inner << ", splits " << plan.tiling.splits() << ", blocks " << plan.blocks
      << ", threads " << plan.threads << ", lanes " << plan.lanes << ", cluster " << plan.cluster
      << ", shared " << plan.shared_bytes << ", candidates " << plan.candidates << ")";
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
    if (const auto plan = kernel.fit(problem, limits)) return made_by(kernel, *plan);
  }
  TORCH_CHECK_VALUE(known, "torch_argmax: no kernel is named '", forced,
                    "' on this device; there are: ", names_of(kernels));
  TORCH_CHECK_VALUE(false, "torch_argmax: kernel '", forced, "' does not serve ",
                    to_string(problem));
}

}  // namespace torch_argmax
