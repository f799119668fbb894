#include "plan.h"

#include <cstring>
#include <sstream>
#include <stdexcept>

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
  return kernel == other.kernel && tiling.outer == other.tiling.outer &&
         tiling.reduce == other.tiling.reduce && tiling.inner == other.tiling.inner &&
         tiling.outer_tile == other.tiling.outer_tile &&
         tiling.reduce_tile == other.tiling.reduce_tile &&
         tiling.inner_tile == other.tiling.inner_tile && blocks == other.blocks &&
         threads == other.threads && lanes == other.lanes;
}

std::string to_string(const Plan& plan) {
  const Tiling& t = plan.tiling;
  std::ostringstream out;
  out << "Plan(" << plan.kernel->name << ": outer " << t.outer << " x reduce " << t.reduce
      << " x inner " << t.inner << ", boxes of " << t.outer_tile << " x " << t.reduce_tile << " x "
      << t.inner_tile << ", splits " << t.splits() << ", blocks " << plan.blocks << ", threads "
      << plan.threads << ", lanes " << plan.lanes << ")";
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
    if (const auto plan = kernel.fit(problem, limits)) return made_by(kernel, *plan);
  }
  if (!known) {
    throw std::invalid_argument("torch_argmax: no kernel is named '" + forced +
                                "' on this device; there are: " + names_of(kernels));
  }
  throw std::invalid_argument("torch_argmax: kernel '" + forced + "' does not serve " +
                              to_string(problem));
}

}  // namespace torch_argmax
