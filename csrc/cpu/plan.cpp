#include "plan.h"

#include <algorithm>

namespace torch_argmax::cpu {
namespace {

// The least that is worth a task of its own: torch's own grain, in elements.
constexpr int64_t kGrain = 32768;

int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

// Cuts a space into tasks of at least a grain: along outer first, and along the reduced dimension
// where that leaves workers idle. Four tasks a worker even out what they are interrupted by.
Plan cut(const Limits& limits, Tiling tiling) {
  const int64_t workers = limits.processors;
  const int64_t inner_tiles = Tiling::pieces(tiling.inner, tiling.inner_tile);
  const int64_t per_outer = tiling.reduce * tiling.inner;
  const int64_t by_grain = ceil_div(kGrain, per_outer);
  const int64_t by_workers = ceil_div(tiling.outer, 4 * workers);
  tiling.outer_tile = std::clamp<int64_t>(std::max(by_grain, by_workers), 1, tiling.outer);

  const int64_t tasks = Tiling::pieces(tiling.outer, tiling.outer_tile) * inner_tiles;
  const int64_t splits = tasks < workers ? ceil_div(workers, tasks) : 1;
  const int64_t least = ceil_div(kGrain, tiling.outer_tile * tiling.inner_tile);
  tiling.reduce_tile =
      std::min({std::max(ceil_div(tiling.reduce, splits), least), tiling.reduce, kMaxReduceTile});
  Plan plan;
  plan.tiling = tiling;
  plan.blocks = tiling.boxes();
  return plan;
}

std::optional<Plan> fit_rows(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_rows()) return {};
  return cut(limits, {problem.results(), problem.reduce.size(), 1, 1, 1, 1});
}

std::optional<Plan> fit_columns(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns()) return {};
  const int64_t inner = problem.inner.size;
  return cut(limits, {problem.outer.size(), problem.reduce.size(), inner, 1, 1,
                      std::min<int64_t>(inner, kMaxColumns)});
}

std::optional<Plan> fit_strided(const Problem& problem, const Limits& limits) {
  return cut(limits, {problem.results(), problem.reduce.size(), 1, 1, 1, 1});
}

}  // namespace

const Kernels& kernels() {
  static const Kernels list = {
      {"rows", fit_rows},
      {"columns", fit_columns},
      {"strided", fit_strided},
  };
  return list;
}

}  // namespace torch_argmax::cpu
