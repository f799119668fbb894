#include "plan.h"

#include <algorithm>
#include <numeric>

namespace torch_argmax::cpu {
namespace {

// The least that is worth a task of its own, in bytes that are read; each result counts for as much
// as its last vector does. From the cache a processor reads 256 KB in 2 to 4 us, and to wake
// another takes about as long. On two cores of a Xeon (Sapphire Rapids, 2026-11-26), us with grains
// of 64, 128, 256, 512 and 1024 KB: (1, 50257) float32 5.8, 5.4, 4.4, 4.4, 4.3; (1, 262144) 10.9,
// 9.4, 9.6, 10.7, 12.4; (256, 1000) 18.4, 15.2, 15.3, 17.3, 23.8. With results that count for 512
// bytes (4096, 6) took 8.2 and not 9.3, but (256, 1000) 19.0.
constexpr int64_t kGrain = 256 << 10;
constexpr int64_t kResult = 64;

// Cuts a space into tasks of at least a grain: along outer first, and along the reduced dimension
// where that leaves workers idle. Four tasks a worker even out what they are interrupted by.
Plan cut(const Problem& problem, const Limits& limits, Extents space, int64_t inner_tile) {
  const int64_t workers = limits.processors;
  const int64_t element = size_of(problem.dtype);
  Extents tile = {1, 1, inner_tile};
  const int64_t by_grain = ceil_div(kGrain, (space.reduce * element + kResult) * space.inner);
  const int64_t by_workers = ceil_div(space.outer, 4 * workers);
  tile.outer = std::min(std::max(by_grain, by_workers), space.outer);

  const int64_t tasks = ceil_div(space.outer, tile.outer) * ceil_div(space.inner, tile.inner);
  const int64_t splits = tasks < 4 * workers ? workers / std::gcd(tasks, workers) : 1;
  const int64_t least = ceil_div(kGrain, tile.outer * tile.inner * element);
  tile.reduce =
      std::min({std::max(ceil_div(space.reduce, splits), least), space.reduce, kMaxReduceTile});
  Plan plan;
  plan.tiling = Tiling(space, tile);
  plan.blocks = plan.tiling.boxes();
  plan.candidates = plan.tiling.splits();
  return plan;
}

std::optional<Plan> fit_rows(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_rows()) return {};
  return cut(problem, limits, {problem.results(), problem.reduce.size(), 1}, 1);
}

std::optional<Plan> fit_columns(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns()) return {};
  const int64_t inner = problem.inner.size, reduce = problem.reduce.size();
  const int tile_bytes = reduce < kShortColumn ? kShortColumnTileBytes : kColumnTileBytes;
  return cut(problem, limits, {problem.outer.size(), reduce, inner},
             std::min<int64_t>(inner, tile_bytes / size_of(problem.dtype)));
}

std::optional<Plan> fit_strided(const Problem& problem, const Limits& limits) {
  return cut(problem, limits, {problem.results(), problem.reduce.size(), 1}, 1);
}

}  // namespace

const Kernels& kernels() {
  static const Kernels list = {
      {"rows", fit_rows, always},
      {"columns", fit_columns, always},
      {"strided", fit_strided, always},
  };
  return list;
}

}  // namespace torch_argmax::cpu
