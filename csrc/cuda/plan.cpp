#include "plan.h"

#include <algorithm>

namespace torch_argmax::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kVectorBytes = 16;
constexpr int64_t kMaxGrid = (int64_t{1} << 31) - 1;

int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

int64_t round_up(int64_t a, int64_t multiple) {
  return ceil_div(a, multiple) * multiple;
}

int ceil_power_of_two(int64_t x, int limit) {
  int power = 1;
  while (power < x && power < limit)
    power *= 2;
  return power;
}

int floor_power_of_two(int64_t x, int limit) {
  int power = 1;
  while (2 * power <= x && 2 * power <= limit)
    power *= 2;
  return power;
}

Plan finish(Plan plan) {
  plan.blocks = std::min(plan.tiling.boxes(), kMaxGrid);
  return plan;
}

// Cuts the reduced dimension so that the blocks fill the device once, but into pieces of no less
// than `least` elements, which must be a multiple of what a block reads at a time.
void split_reduction(Plan& plan, const Limits& limits, int64_t least) {
  Tiling& tiling = plan.tiling;
  tiling.reduce_tile = tiling.reduce;
  const int64_t unsplit = tiling.boxes();
  const int64_t resident =
      int64_t{limits.processors} * std::max(1, limits.threads_per_processor / plan.threads);
  const int64_t splits = std::max<int64_t>(1, resident / unsplit);
  const int64_t tile = round_up(ceil_div(tiling.reduce, splits), least);
  tiling.reduce_tile = std::min({tile, tiling.reduce, kMaxReduceTile});
}

// Rows of up to 4 KB: up to a warp for each, so that every lane has a few vectors of its own.
std::optional<Plan> fit_row_warp(const Problem& problem, const Limits&) {
  const int64_t reduce = problem.reduce.size();
  const int64_t row_bytes = reduce * size_of(problem.dtype);
  if (!problem.contiguous_rows() || row_bytes > 4096) return {};
  Plan plan;
  plan.threads = kMaxRowWarpThreads;
  plan.lanes = ceil_power_of_two(ceil_div(row_bytes, kVectorBytes), kWarp);
  plan.tiling = {problem.results(), reduce, 1, plan.threads / plan.lanes, reduce, 1};
  return finish(plan);
}

// Any row: a block for each, or several blocks where rows are fewer than the device holds blocks.
std::optional<Plan> fit_row_block(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_rows()) return {};
  constexpr int kVectorsPerThread = 4;
  const int64_t reduce = problem.reduce.size();
  const int64_t vectors = ceil_div(reduce * size_of(problem.dtype), kVectorBytes);
  Plan plan;
  plan.threads =
      std::max(kWarp, ceil_power_of_two(ceil_div(vectors, kVectorsPerThread), kMaxRowBlockThreads));
  plan.lanes = plan.threads;
  plan.tiling = {problem.results(), reduce, 1, 1, reduce, 1};
  split_reduction(plan, limits,
                  plan.threads * kVectorsPerThread * kVectorBytes / size_of(problem.dtype));
  return finish(plan);
}

// Elements that lie side by side along a kept dimension: a tile of up to 128 words of columns, and
// as many groups of rows beside each other as give every thread 8 rows to load ahead.
std::optional<Plan> fit_column_tile(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns()) return {};
  constexpr int kRowsPerThread = 8;
  constexpr int kMaxTileThreads = 128;
  const int64_t reduce = problem.reduce.size();
  const int columns = columns_per_thread(size_of(problem.dtype));
  const int tile_threads =
      ceil_power_of_two(ceil_div(problem.inner.size, columns), kMaxTileThreads);
  Plan plan;
  plan.lanes = floor_power_of_two(reduce / kRowsPerThread, kMaxColumnThreads / tile_threads);
  plan.threads = tile_threads * plan.lanes;
  if (plan.threads < kWarp) return {};
  plan.tiling = {problem.outer.size(),           reduce, problem.inner.size, 1, reduce,
                 int64_t{tile_threads} * columns};
  split_reduction(plan, limits, plan.lanes * kRowsPerThread);
  return finish(plan);
}

// Anything: threads step through memory by strides, neighbours along whichever of the reduced and
// the kept dimensions has the smaller one.
std::optional<Plan> fit_strided(const Problem& problem, const Limits& limits) {
  constexpr int kStepsPerThread = 8;
  const int64_t results = problem.results();
  const int64_t reduce = problem.reduce.size();
  const int64_t resident = int64_t{limits.processors} * limits.threads_per_processor;
  Plan plan;
  plan.threads = kMaxStridedThreads;
  const int useful = ceil_power_of_two(ceil_div(reduce, kStepsPerThread), plan.threads);
  const int wanted = ceil_power_of_two(ceil_div(resident, results), plan.threads);
  const bool adjacent =
      problem.outer.count == 0 || problem.reduce.fastest().stride < problem.outer.fastest().stride;
  plan.lanes = adjacent ? std::max(std::min(useful, kWarp), std::min(useful, wanted))
                        : std::min(useful, wanted);
  plan.tiling = {results, reduce, 1, plan.threads / plan.lanes, reduce, 1};
  split_reduction(plan, limits, plan.lanes * kStepsPerThread);
  return finish(plan);
}

}  // namespace

const Kernels& kernels() {
  static const Kernels list = {
      {"row_warp", fit_row_warp},
      {"row_block", fit_row_block},
      {"column_tile", fit_column_tile},
      {"strided", fit_strided},
  };
  return list;
}

}  // namespace torch_argmax::cuda
