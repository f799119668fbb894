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

// Whether there is more than all threads have in flight.
bool is_large(const Problem& problem, const Limits& limits) {
  return problem.results() * problem.reduce.size() > kSteps * resident_blocks(limits, 1);
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

// Elements of a line that a lane has at least, if there are several.
constexpr int64_t kLeastElements = 4;

// Lanes of a warp that have about so many bytes of a line each.
int lanes_of_line(int64_t size, int64_t pitch, int64_t bytes) {
  const int64_t shares = 1 + (size * pitch + bytes / 2) / bytes;
  return ceil_power_of_two(std::min(shares, ceil_div(size, kLeastElements)), kWarp);
}

// Lanes of a row, which may be all of a block: less than so many bytes each, if more than a warp.
int lanes_of_row(int64_t size, int64_t pitch) {
  constexpr int64_t kLaneBytes = 128, kBlockLaneBytes = 160;
  const int64_t shares = std::min(size * pitch / kBlockLaneBytes, size / kLeastElements);
  return std::max(lanes_of_line(size, pitch, kLaneBytes),
                  ceil_power_of_two(shares, kStridedThreads));
}

// `plan`, a row for each block, by fewer blocks and in smaller parts, which read memory in order.
//
// On an H100 (2026-11-28), us by 4 blocks an SM that share rows, so, and torch's: (64, 25200,
// 85)[..., 4] dim 1 float16 57.6, 56.1, 56.9, float32 67.4, 65.4, 67.4; (500, 10000, 40)[..., 0]
// float32 136.7, 131.7, 138.6. So in parts of 512 elements and 1 K and 2 K: (64, 25200, 85) float16
// 56.2, 56.0, 56.8, float32 63.3, 64.9, 65.8; (4194304, 32)[:, 0] dim 0 float32 135, 121, 116, and
// 112 in parts for each block once.
Plan swept(Plan plan, const Limits& limits) {
  constexpr int64_t kBlocksPerProcessor = 2, kMostSplits = 32;
  const Extents space = plan.tiling.space();
  const int64_t blocks = kBlocksPerProcessor * limits.processors;
  const int64_t splits = std::max(ceil_div(blocks, space.outer), kMostSplits);
  const int64_t part = round_up(ceil_div(space.reduce, splits), plan.lanes * kSteps / 2);
  plan.tiling = Tiling(space, {1, std::min({part, space.reduce, kMaxReduceTile}), 1});
  plan.candidates = plan.tiling.splits();
  plan.blocks = std::min(plan.tiling.boxes(), plan.candidates == 1 ? kMaxGrid : blocks);
  return plan;
}

// Rows whose elements are evenly spaced, or that are: several a block, or where few are long parts
// of them.
//
// On an H100 (2026-11-27), us with 1, 2, 4, 8, 16 and 32 lanes: (1118481, 40, 3)[..., 0] uint8 83,
// 58, 71, 113, 212, 430; (335544, 100, 4)[..., 0] uint8 108, 78, 63, 71, 74, 155; (167772, 100,
// 2)[..., 0] float32 113, 83, 64, 56, 51, 88; with 32, 64, 128 and 256 (2026-11-28): (64, 512, 512,
// 3)[..., 0] dim 2 float32 77.3, 76.6, 82.6, 144; (5000, 4000, 2)[..., 0] float32 68.0, 68.8, 62.7,
// 61.4; (2730, 16384, 3)[..., 0] uint8 60.9, 65.0, 58.0, 56.6; (8192, 8192, 2)[..., 0] dim 1 uint8
// 58.4, 58.3, 59.0, 64.7; with 32 and 64, (27962, 300, 2)[..., 0] float64 54.1, 62.8.
std::optional<Plan> fit_row_strided(const Problem& problem, const Limits& limits) {
  if (!has_lines(problem) || problem.inner.size > 1) return {};
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  const int64_t pitch = problem.reduce.fastest().stride * size_of(problem.dtype);
  const int lanes = std::max(lanes_that_fill(problem, limits), lanes_of_row(reduce, pitch));
  const Plan plan =
      whole({rows, reduce, 1}, {kStridedThreads / lanes, reduce, 1}, kStridedThreads, lanes);
  if (is_large(problem, limits) && lanes == kStridedThreads && pitch >= kSectorBytes)
    return swept(plan, limits);
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
  const bool large = is_large(problem, limits);
  int lanes = lanes_that_fill(problem, limits);
  if (large) {
    lanes = std::min(lanes, floor_power_of_two(reduce / (2 * kSteps), kStridedThreads));
    if (columns < kStridedThreads)
      lanes = std::max(lanes, lanes_of_line(reduce, pitch, kLaneBytes));
  }
  const int64_t least = std::min(columns, large ? kLeastColumns : kFewColumns);
  lanes = std::min(lanes, kStridedThreads / ceil_power_of_two(least, kStridedThreads));
  const int64_t results = kStridedThreads / lanes;
  const int64_t width = ceil_div(columns, ceil_div(columns, results));
  const Extents tile = {std::min(slabs, results / width), reduce, width};
  const Plan plan = whole({slabs, reduce, columns}, tile, kStridedThreads, lanes);
  const bool has_few = plan.tiling.boxes() < resident_blocks(limits, kStridedThreads);
  if (large && has_few) return cut(plan, limits, lanes * kSteps);
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

// The dimension along which lines are: the fastest, or where that is short, the first slower one of
// some length whose columns a block can read beside each other; or if all are short, the longest.
int line_dim(const Dims& dims) {
  constexpr int64_t kLeastRow = 32, kLeastColumn = 16;
  int longest = dims.count - 1;
  if (dims.fastest().size >= kLeastRow) return longest;
  for (int i = dims.count - 2; i >= 0 && dims.size_from(i + 1) <= kStridedThreads; --i) {
    if (dims.dims[i].size >= kLeastColumn) return i;
    if (dims.dims[i].size >= dims.dims[longest].size) longest = i;
  }
  return longest;
}

// A single result of several dimensions. Tiles of lines keep all threads busy for a round or more.
//
// On an H100 (2026-11-27), us by elements of which each thread knows the place, by lines: all of
// (8192, 8192)[::2, ::2] uint8 61, 23, float32 67, 62; (4096, 4096, 4)[..., :3] uint8 153, 44; by
// columns, and by rows of one row less in a plane, (65536, 64, 32)[:, :, :25] uint8 76, 146; by
// rows, and by columns of all three, (2000000, 4, 4, 4)[:, :3, :3, :3] uint8 322, 65 (2026-11-28).
std::optional<Plan> fit_strided_lines(const Problem& problem, const Limits& limits) {
  constexpr int64_t kTileElements = 8 << 10, kLaneBytes = 128;
  const Dims& dims = problem.reduce;
  if (problem.results() != 1 || dims.count < 2) return {};
  const int along = line_dim(dims), faster = dims.count - 1 - along;
  const bool by_columns = faster > 0;
  const int64_t length = dims.dims[along].size;
  const int64_t columns = dims.size_from(along + 1);
  int lanes = kStridedThreads;
  if (by_columns) {
    lanes = floor_power_of_two(std::min(kStridedThreads / columns, length / (2 * kSteps)), lanes);
  } else if (length <= line_piece(by_columns, lanes)) {
    lanes = lanes_of_line(length, dims.fastest().stride * size_of(problem.dtype), kLaneBytes);
  }
  const int64_t piece = std::min<int64_t>(length, line_piece(by_columns, lanes));
  const int64_t lines = dims.size() / (length * columns) * ceil_div(length, piece);
  const int64_t resident = resident_blocks(limits, kStridedThreads);
  const int64_t round = kStridedThreads / (lanes * columns);
  const int64_t rounds = std::clamp<int64_t>(lines / (resident * round), 1,
                                             ceil_div(kTileElements, round * piece * columns));
  Plan plan = whole({1, lines, 1}, {1, std::min(lines, rounds * round), 1}, kStridedThreads, lanes);
  plan.blocks = std::min(plan.tiling.boxes(), resident);
  plan.candidates = plan.blocks;
  plan.faster = faster;
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
