#include "plan.h"

#include <algorithm>

namespace torch_argmax::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kVectorBytes = 16;

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

// A plan without splits.
Plan unsplit(Extents space, Extents tile, int threads, int lanes) {
  Plan plan;
  plan.tiling = Tiling(space, tile);
  plan.blocks = std::min(plan.tiling.boxes(), kMaxGrid);
  plan.threads = threads;
  plan.lanes = lanes;
  return plan;
}

// What an SM reads in the time that the launch of the merge kernel adds: 4 us of its share of an
// H100's 3.1 TB/s (measured as (1, 128256) float32 over its floor, 2026-11-24).
constexpr int64_t kMergeBytes = 96 << 10;

// `plan` with the reduced dimension cut so that the blocks fill the device once, but into pieces of
// no less than `least` elements, which is a multiple of what a block reads at a time. It is not cut
// where the busiest SM would be spared less than the merge costs.
Plan split(Plan plan, const Limits& limits, int element_size, int64_t least) {
  const Extents space = plan.tiling.space();
  Extents tile = plan.tiling.tile();
  const int64_t box_bytes = tile.outer * tile.reduce * tile.inner * element_size;
  const int64_t busiest = ceil_div(plan.tiling.boxes(), limits.processors) * box_bytes;
  const int64_t average = plan.tiling.boxes() * box_bytes / limits.processors;
  if (busiest - average <= kMergeBytes && tile.reduce <= kMaxReduceTile) return plan;

  const int64_t resident =
      int64_t{limits.processors} * std::max(1, limits.threads_per_processor / plan.threads);
  const int64_t splits = std::max<int64_t>(1, resident / plan.tiling.boxes());
  const int64_t wanted = round_up(ceil_div(space.reduce, splits), least);
  tile.reduce = std::min({wanted, space.reduce, kMaxReduceTile});
  return unsplit(space, tile, plan.threads, plan.lanes);
}

// Rows of up to 4 KB: up to a warp for each. A lane reads 2 vectors, and of longer rows 4, which
// are all in flight together; 8 lanes are the least that read 128 bytes side by side.
std::optional<Plan> fit_row_warp(const Problem& problem, const Limits&) {
  const int64_t reduce = problem.reduce.size();
  const int64_t row_bytes = reduce * size_of(problem.dtype);
  if (!problem.contiguous_rows() || row_bytes > 4096) return {};
  const int64_t vectors = ceil_div(row_bytes, kVectorBytes);
  const int lanes = vectors <= 16 ? floor_power_of_two(vectors / 2, 8)
                                  : std::max(8, ceil_power_of_two(vectors / 4, kWarp));
  const int threads = kMaxRowWarpThreads;
  return unsplit({problem.results(), reduce, 1}, {threads / lanes, reduce, 1}, threads, lanes);
}

// Any row: a block for each, or several blocks where rows are fewer than the device holds blocks.
std::optional<Plan> fit_row_block(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_rows()) return {};
  constexpr int kVectorsPerThread = 8;
  const int64_t reduce = problem.reduce.size();
  const int element_size = size_of(problem.dtype);
  const int64_t vectors = ceil_div(reduce * element_size, kVectorBytes);
  const int threads =
      std::max(kWarp, ceil_power_of_two(ceil_div(vectors, kVectorsPerThread), kMaxRowBlockThreads));
  const Plan plan = unsplit({problem.results(), reduce, 1}, {1, reduce, 1}, threads, threads);
  return split(plan, limits, element_size,
               threads * kVectorsPerThread * kVectorBytes / element_size);
}

// Elements that lie side by side along a kept dimension: tiles of up to 128 words of columns, equal
// to within one, and as many groups of rows beside each other as leave every thread 16 rows: two
// batches of the 8 that it has in flight.
std::optional<Plan> fit_column_tile(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns()) return {};
  constexpr int kRowsPerThread = 16;
  constexpr int kMaxTileThreads = 128;
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  const int columns = columns_per_thread(size_of(problem.dtype));
  const int64_t words = ceil_div(space.inner, columns);
  const int tile_threads = static_cast<int>(ceil_div(words, ceil_div(words, kMaxTileThreads)));
  const int lanes =
      floor_power_of_two(space.reduce / kRowsPerThread,
                         floor_power_of_two(kMaxColumnThreads / tile_threads, kMaxColumnThreads));
  const int threads = static_cast<int>(round_up(tile_threads * lanes, kWarp));
  if (tile_threads * lanes < kWarp) return {};
  const Plan plan =
      unsplit(space, {1, space.reduce, int64_t{tile_threads} * columns}, threads, lanes);
  return split(plan, limits, size_of(problem.dtype), lanes * kRowsPerThread);
}

// Anything: threads step through memory by strides, neighbours along whichever of the reduced and
// the kept dimensions has the smaller one.
std::optional<Plan> fit_strided(const Problem& problem, const Limits& limits) {
  constexpr int kStepsPerThread = 8;
  const int64_t results = problem.results();
  const int64_t reduce = problem.reduce.size();
  const int64_t resident = int64_t{limits.processors} * limits.threads_per_processor;
  const int threads = kMaxStridedThreads;
  const int useful = ceil_power_of_two(ceil_div(reduce, kStepsPerThread), threads);
  const int wanted = ceil_power_of_two(ceil_div(resident, results), threads);
  const bool adjacent =
      problem.outer.count == 0 || problem.reduce.fastest().stride < problem.outer.fastest().stride;
  const int lanes = std::min(useful, adjacent ? std::max(wanted, kWarp) : wanted);
  const Plan plan = unsplit({results, reduce, 1}, {threads / lanes, reduce, 1}, threads, lanes);
  return split(plan, limits, size_of(problem.dtype), lanes * kStepsPerThread);
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
