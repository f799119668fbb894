// The plans of what does not lie side by side.

#include <algorithm>

#include "planning.h"

namespace torch_argmax::cuda {
namespace {

// Elements that a thread has in flight.
constexpr int64_t kSteps = 8;

// What memory reads at least.
constexpr int64_t kSectorBytes = 32;

// The kept dimension with the smallest stride.
Dim fastest_kept(const Problem& problem) {
  if (problem.inner.size > 1) return problem.inner;
  return problem.outer.count > 0 ? problem.outer.fastest() : Dim{1, 0, 0};
}

// Whether neighbours along the reduced dimension are nearer than neighbouring results. Those along
// an expanded dimension are the same.
bool has_rows(const Problem& problem) {
  const int64_t stride = fastest_kept(problem).stride;
  return stride == 0 || problem.reduce.fastest().stride < stride;
}

// One reduced dimension, and few kept ones.
bool has_lines(const Problem& problem) {
  return problem.reduce.count == 1 && problem.dims() <= kFewDims;
}

// Lanes of a result that have some steps each, and no more than fill the device.
int lanes_that_fill(const Problem& problem, const Limits& limits) {
  const int64_t steps = ceil_div(problem.reduce.size(), kSteps);
  const int64_t wanted = ceil_div(resident_blocks(limits, 1), problem.results());
  return ceil_power_of_two(std::min(steps, wanted), kStridedThreads);
}

// Lanes of a warp that have about so many bytes of a line each, and some elements.
int lanes_of_line(int64_t size, int64_t pitch, int64_t bytes) {
  constexpr int64_t kLeastElements = 4;
  const int64_t shares = 1 + (size * pitch + bytes / 2) / bytes;
  return ceil_power_of_two(std::min(shares, ceil_div(size, kLeastElements)), kWarp);
}

// Rows whose elements are evenly spaced, or that are: several a block, or where few are long parts
// of them.
//
// On an H100 (2026-11-27), us with 1, 2, 4, 8, 16 and 32 lanes: (1118481, 40, 3)[..., 0] uint8 83,
// 58, 71, 113, 212, 430; (335544, 100, 4)[..., 0] uint8 108, 78, 63, 71, 74, 155; (167772, 100,
// 2)[..., 0] float32 113, 83, 64, 56, 51, 88.
std::optional<Plan> fit_row_strided(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLaneBytes = 128;
  if (!has_lines(problem) || problem.inner.size > 1) return {};
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  const int64_t pitch = problem.reduce.fastest().stride * size_of(problem.dtype);
  const int lanes =
      std::max(lanes_that_fill(problem, limits), lanes_of_line(reduce, pitch, kLaneBytes));
  const Plan plan =
      whole({rows, reduce, 1}, {kStridedThreads / lanes, reduce, 1}, kStridedThreads, lanes);
  return split(plan, limits, std::min(pitch, kSectorBytes), lanes * kSteps);
}

bool row_strided_pays(const Problem& problem, const Limits&) {
  return has_rows(problem);
}

// Columns, side by side or not: equal tiles of them, or of slabs that have few. What has more than
// all threads have in flight is read in runs of 32 columns or more, by more blocks that share
// columns rather than by more lanes of a block; of less, a column's lanes may be half a block.
//
// On an H100 (2026-11-27), us by a block for each column, so: (8192, 1024, 16)[..., 0] dim 0 uint8
// 174, 57; (1, 100000, 64, 2)[..., 0] dim 1 float64 146, 54; in runs of 128 columns, so: (16, 1024,
// 1024, 4)[..., 3] dim 1 uint8 37.4, 31.9; (65536, 512)[:, ::2] dim 0 uint8 31.3, 28.1; (8192,
// 5461, 3)[..., 0] dim 0 uint8 68.7, 73.7; of less, by blocks that share columns, so: (16, 256,
// 256, 2)[..., 0] dim 1 float32 13.4, 9.8.
std::optional<Plan> fit_column_strided(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLaneBytes = 256, kLeastColumns = kWarp, kFewColumns = 2;
  if (!has_lines(problem) || problem.results() == 1) return {};
  const Dim kept = fastest_kept(problem);
  const int64_t columns = kept.size, slabs = problem.results() / columns;
  const int64_t pitch = std::max<int64_t>(1, kept.stride) * size_of(problem.dtype);
  const int64_t reduce = problem.reduce.size();
  const bool is_large = problem.results() * reduce > kSteps * resident_blocks(limits, 1);
  int lanes = lanes_that_fill(problem, limits);
  if (is_large) {
    lanes = std::min(lanes, floor_power_of_two(reduce / (2 * kSteps), kStridedThreads));
    if (columns < kStridedThreads)
      lanes = std::max(lanes, lanes_of_line(reduce, pitch, kLaneBytes));
  }
  const int64_t least = std::min(columns, is_large ? kLeastColumns : kFewColumns);
  lanes = std::min(lanes, kStridedThreads / ceil_power_of_two(least, kStridedThreads));
  const int64_t results = kStridedThreads / lanes;
  const int64_t width = ceil_div(columns, ceil_div(columns, results));
  const Extents tile = {std::min(slabs, results / width), reduce, width};
  const Plan plan = whole({slabs, reduce, columns}, tile, kStridedThreads, lanes);
  const bool has_few = plan.tiling.boxes() < resident_blocks(limits, kStridedThreads);
  if (is_large && has_few) return cut(plan, limits, lanes * kSteps);
  return split(plan, limits, std::min(pitch, kSectorBytes), lanes * kSteps);
}

// Runs of two vectors or more.
bool has_runs(const Problem& problem) {
  constexpr int64_t kLeastRunBytes = 32;
  const Dims& reduce = problem.reduce;
  const bool dense = is_dense(reduce.dims, reduce.count);
  const int64_t run = dense ? reduce.size() : reduce.fastest().size;
  return reduce.fastest().stride == 1 && run * size_of(problem.dtype) >= kLeastRunBytes;
}

// A single result of what has runs of memory. Where it is not dense, a thread counts its way along
// the two fastest dimensions in 32 bits.
std::optional<Plan> fit_strided_grid(const Problem& problem, const Limits& limits) {
  const Dims& dims = problem.reduce;
  if (problem.results() != 1 || !has_runs(problem)) return {};
  for (int i = std::max(0, dims.count - 2); i < dims.count; ++i) {
    if (dims.dims[i].size > kMaxReduceTile) return {};
  }
  const int64_t reduce = dims.size();
  const Plan plan = whole({1, reduce, 1}, {1, reduce, 1}, kStridedGridThreads, kStridedGridThreads);
  return shared(plan, limits.processors, ceil_div(reduce, kStridedPart));
}

// A single result of several dimensions. Tiles of lines keep all threads busy for a round or more.
//
// On an H100 (2026-11-27), us by elements of which each thread knows the place, by lines: all of
// (8192, 8192)[::2, ::2] uint8 61, 23, float32 67, 62; (4096, 4096, 4)[..., :3] uint8 153, 44; by
// columns, and by rows of one row less in a plane, (65536, 64, 32)[:, :, :25] uint8 76, 146.
std::optional<Plan> fit_strided_lines(const Problem& problem, const Limits& limits) {
  constexpr int64_t kTileElements = 8 << 10, kLaneBytes = 128;
  const Dims& dims = problem.reduce;
  if (problem.results() != 1 || dims.count < 2) return {};
  const Dim &fastest = dims.fastest(), &next = dims.dims[dims.count - 2];
  const bool by_columns = has_short_rows(fastest.size, next.size);
  const int64_t length = by_columns ? next.size : fastest.size;
  const int64_t columns = by_columns ? fastest.size : 1;
  int lanes = kStridedThreads;
  if (by_columns) {
    lanes = floor_power_of_two(std::min(kStridedThreads / columns, length / (2 * kSteps)), lanes);
  } else if (length <= line_piece(by_columns, lanes)) {
    lanes = lanes_of_line(length, fastest.stride * size_of(problem.dtype), kLaneBytes);
  }
  const int64_t piece = std::min(length, line_piece(by_columns, lanes));
  const int64_t lines = dims.size() / (length * columns) * ceil_div(length, piece);
  const int64_t resident = resident_blocks(limits, kStridedThreads);
  const int64_t round = kStridedThreads / (lanes * columns);
  const int64_t rounds = std::clamp<int64_t>(lines / (resident * round), 1,
                                             ceil_div(kTileElements, round * piece * columns));
  Plan plan = whole({1, lines, 1}, {1, std::min(lines, rounds * round), 1}, kStridedThreads, lanes);
  plan.blocks = std::min(plan.tiling.boxes(), resident);
  plan.candidates = plan.blocks;
  return plan;
}

// Any number of kept dimensions.
std::optional<Plan> fit_strided(const Problem& problem, const Limits& limits) {
  if (problem.reduce.count > 1) return {};
  const int64_t results = problem.results(), reduce = problem.reduce.size();
  const int lanes = lanes_that_fill(problem, limits);
  const Plan plan =
      whole({results, reduce, 1}, {kStridedThreads / lanes, reduce, 1}, kStridedThreads, lanes);
  return split(plan, limits, size_of(problem.dtype), lanes * kSteps);
}

}  // namespace

Kernels strided_kernels() {
  return {
      {"strided_grid", fit_strided_grid, always},
      {"strided_lines", fit_strided_lines, always},
      {"row_strided", fit_row_strided, row_strided_pays},
      {"column_strided", fit_column_strided, always},
      {"strided", fit_strided, always},
  };
}

}  // namespace torch_argmax::cuda
