// The plans of large slabs: columns whose rows lie end to end.

#include <algorithm>

#include "planning.h"

namespace torch_argmax::cuda {
namespace {

// Rows of so many elements together, or one.
int rows_of(int64_t elements, const Problem& problem) {
  return static_cast<int>(
      std::clamp<int64_t>(elements / problem.inner.size, 1, problem.reduce.size()));
}

// Of rows that are looked at together.
constexpr int kPeriodBytes = 16 << 10;

// Rows that column_front looks at together: 16 KB, or if those are less than 3 elements for each
// thread, all that a thread can have. On an H100 (2026-11-27), us by 16 KB, by 32 KB: (40, 2000,
// 2049) float32 282, 244; (128, 4096, 4095) 2720, 2728; (500, 1000, 1000) 685, 783.
int front_lanes(const Problem& problem) {
  const int elements = std::min(kPeriodBytes / size_of(problem.dtype), kFrontColumns);
  const int lanes = rows_of(elements, problem);
  const bool is_enough = lanes * problem.inner.size >= 3 * kColumnFrontThreads;
  return is_enough ? lanes : rows_of(kFrontColumns, problem);
}

// Rows that make 16 KB of neighbouring results of column_ring, or one.
int ring_lanes(const Problem& problem) {
  return std::min(rows_of(kPeriodBytes / size_of(problem.dtype), problem), kColumnRingThreads);
}

}  // namespace

// Rows that lie end to end, of which a block can have all columns: turns of some of them, at a few
// fronts.
std::optional<Plan> fit_column_front(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns() || problem.outer.count > 1) return {};
  // Of smaller elements, whose kernel is bound by instructions, turns take more of them. On an H100
  // (2026-11-27), us by turns of 32 KB, of 48 KB: (128, 4096, 4095) float16 1442, 1388, float32
  // 2719, 2726.
  const int size = size_of(problem.dtype), least_bytes = (size < 4 ? 40 : 24) << 10;
  constexpr int64_t kMostTurns = 1 << 30;
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  if (size > kMaxFrontElement || problem.reduce.fastest().stride != space.inner ||
      space.inner > kFrontColumns || space.reduce > kMaxReduceTile) {
    return {};
  }
  const int lanes = front_lanes(problem);
  const int64_t period_bytes = lanes * space.inner * size;
  const int64_t room = std::min(kMaxTurnBytes, limits.shared_bytes / kFrontSlots - 2 * kLineBytes);
  const int64_t periods = std::min(ceil_div(least_bytes, period_bytes), room / period_bytes);
  if (periods == 0) return {};
  const int64_t rows = std::min(periods * lanes, space.reduce);
  Plan plan = whole(space, {1, rows, space.inner}, kColumnFrontThreads, lanes);
  if (plan.tiling.boxes() > kMostTurns) return {};
  plan.shared_bytes = kFrontSlots * copy_bytes(static_cast<int>(rows * space.inner) * size);
  plan.blocks = std::min<int64_t>(limits.processors, plan.tiling.boxes());
  // With fewer, every block brings results to more slabs. On an H100 (2026-11-27), us by 3, 4, 5, 8
  // and 16: (128, 4096, 4095) float32 2719, 2713, 2714, 2718, 2729, float16 1449, 1416, 1396, 1388,
  // 1393; by 3, 4, 5 and 8: (256, 8192, 1024) float32 2762, 2734, 2718, 2717.
  const int64_t fronts = size < 4 ? kMaxFronts : 5;
  plan.fronts = static_cast<int>(std::min({fronts, space.outer, plan.blocks}));
  return plan;
}

// Slabs of 6 MB or more, in large inputs. On an H100 (2026-11-27), us by column_front, by the best
// of the others: (128, 4096, 4095) float32 2719, 2743, float16 1388, 1427; (40, 4000, 4001) 829,
// 862, 437, 465; (1, 150000, 4095) 782, 809, 406, 416; (256, 8192, 1024) float32 2717, 2751; (134,
// 30000, 300) 1572, 1588; (100, 1000, 2001) 281, 287; (250, 1000, 4000) float16 690, 702. But of
// smaller slabs (1000, 512, 1024) float32 751, 696, of smaller inputs (20, 1000, 4095) 131, 124,
// (8192, 8192) 107, 102, (20, 4000, 4095) float16 238, 234, and of many lanes (20, 100000, 250)
// float32 683, 653, (134, 30000, 100) 661, 567, (140, 16000, 256) float16 469, 401.
//
// It is bound by instructions where elements have 1 byte, (128, 4096, 4095) int8 1033, 764, and
// where they have 2 and threads few of those that they could, (163, 4096, 4097) float16 2046, 1845;
// there one round of column_batch is as fast or faster, (66, 16384, 1024) bfloat16 736, 723.
bool column_front_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastSlab = 6 << 20;
  constexpr int kMostLanes = 15;
  const int64_t columns = problem.inner.size, slab_bytes = row_bytes(problem) * columns;
  const int size = size_of(problem.dtype), lanes = front_lanes(problem);
  const int64_t least_share = (size < 4 ? 6 : 3) << 20;  // of an SM
  if (size == 1 || lanes > kMostLanes || slab_bytes < kLeastSlab ||
      problem.outer.size() * slab_bytes < limits.processors * least_share) {
    return false;
  }
  if (size == 4) return true;
  return 8 * lanes * columns >= 7 * kFrontColumns &&
         !column_batch_pays_in_one_round(problem, limits);
}

// Rows that lie end to end, of which a block can own all columns: a block for each slab, or an
// equal share of all rows for each SM.
std::optional<Plan> fit_column_ring(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns() || problem.dims() > kFewDims) return {};
  constexpr int64_t kLeastBytes = 2 * kRingChunkBytes;  // of a share
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  const int size = size_of(problem.dtype);
  if (size <= kMaxFrontElement || problem.reduce.fastest().stride != space.inner ||
      space.inner > kRingColumns || space.reduce > kMaxReduceTile ||
      limits.shared_bytes < kRingStages * kRingChunkBytes) {
    return {};
  }
  const int lanes = ring_lanes(problem);
  Plan plan = whole(space, {1, space.reduce, space.inner}, kColumnRingThreads, lanes);
  // A period that is longer than a chunk keeps three of them, and leaves 4 too few under way.
  const bool is_long = lanes * space.inner * size > kRingChunkBytes;
  const bool has_room = limits.shared_bytes >= kMaxRingStages * kRingChunkBytes;
  const int stages = is_long && has_room ? kMaxRingStages : kRingStages;
  plan.shared_bytes = stages * kRingChunkBytes;
  // Whole slabs where few SMs would be idle. By the same kernel of float32 on an H100 (2026-11-27),
  // us by whole slabs, by shares: (90, 4096, 2048) 1018, 1004; (110, 4096, 2048) 1201, 1212; (120,
  // 4096, 2048) 1298, 1323; (220, 4096, 2048) 2398, 2382; (240, 4096, 2048) 2596, 2620.
  const int64_t slabs = space.outer, idle = round_up(slabs, limits.processors) - slabs;
  if (slabs <= kMaxGrid && 10 * idle <= slabs) return plan;
  const int64_t rows = slabs * space.reduce;
  const int64_t least = ceil_div(kLeastBytes, space.inner * size);
  plan.blocks = std::min<int64_t>(limits.processors, ceil_div(rows, least));
  const int64_t share = ceil_div(rows, plan.blocks);
  plan.blocks = ceil_div(rows, share);
  if (share % space.reduce != 0) plan.candidates = 1 + ceil_div(space.reduce - 1, share);
  return plan;
}

// Large slabs of elements that column_front does not serve, where column_batch has not tiles that
// are all resident. On an H100 (2026-11-27), us of float64 by column_ring, by the best of the
// others: (128, 4096, 2047) 2741, 3091; (50, 2000, 4001) 1083, 1130; (127, 8192, 1000) 2663, 2891;
// (40, 8192, 1000) 874, 931; (300, 2000, 1001) 1596, 1607.
bool column_ring_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLargeSlab = 16 << 20, kLargeShare = 8 << 20, kFewSlabs = 8;
  const int64_t slab_bytes = row_bytes(problem) * problem.inner.size;
  const int64_t slabs = problem.outer.size();
  if (slab_bytes < kLargeSlab) return false;
  return 2 * slabs >= limits.processors ||
         (slabs >= kFewSlabs && slabs * slab_bytes >= limits.processors * kLargeShare &&
          !column_batch_pays(problem, limits));
}

}  // namespace torch_argmax::cuda
