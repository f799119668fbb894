#include "plan.h"

#include <algorithm>

#include "planning.h"

namespace torch_argmax::cuda {
namespace {

// What an SM reads in the time that a barrier of the grid takes: 1.3 us of its share of an H100's
// 3.1 TB/s (cooperative kernels of 64 and 264 blocks with and without one, 2026-11-24).
constexpr int64_t kBarrierBytes = 32 << 10;

// Whether the busiest SM would be spared more by sharing all boxes than a barrier of the grid
// costs.
bool shared_by_grid_pays(const Plan& plan, const Limits& limits, int element_size) {
  const Extents tile = plan.tiling.tile();
  const int64_t box_bytes = tile.outer * tile.reduce * tile.inner * element_size;
  const int64_t busiest = ceil_div(plan.tiling.boxes(), limits.processors) * box_bytes;
  const int64_t average = plan.tiling.boxes() * box_bytes / limits.processors;
  return busiest - average > kBarrierBytes;
}

}  // namespace

const Kernels& kernels() {
  static const Kernels list = [] {
    Kernels list = row_kernels();
    for (const Kernels& others : {column_kernels(), strided_kernels()})
      list.insert(list.end(), others.begin(), others.end());
    return list;
  }();
  return list;
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

Plan whole(Extents space, Extents tile, int threads, int lanes) {
  Plan plan;
  plan.tiling = Tiling(space, tile);
  plan.blocks = std::min(plan.tiling.boxes(), kMaxGrid);
  plan.threads = threads;
  plan.lanes = lanes;
  return plan;
}

int64_t resident_blocks(const Limits& limits, int threads) {
  return int64_t{limits.processors} * (kResidentThreads / threads);
}

Plan shared(Plan plan, int64_t resident, int64_t parts) {
  const int64_t team = std::max<int64_t>(1, std::min(resident / plan.tiling.boxes(), parts));
  plan.candidates = plan.tiling.splits() * team;
  plan.blocks = std::min(plan.tiling.boxes() * team, plan.candidates == 1 ? kMaxGrid : resident);
  return plan;
}

Plan split(Plan plan, const Limits& limits, int element_size, int64_t least) {
  const Extents tile = plan.tiling.tile();
  if (!shared_by_grid_pays(plan, limits, element_size) && tile.reduce <= kMaxReduceTile)
    return plan;
  return cut(plan, limits, least);
}

Plan cut(Plan plan, const Limits& limits, int64_t least) {
  const Extents space = plan.tiling.space();
  Extents tile = plan.tiling.tile();
  const int64_t resident = resident_blocks(limits, plan.threads);
  // Once, or else so that a quarter of the time would not be idle. (134, 100000, 5) float32 took
  // 159 us whole, in two rounds for little more than one, and 140 in pieces; (335, 100000, 2), in
  // three rounds, 133 and 152 (H100, 2026-11-24).
  constexpr int64_t kMostSplits = 8;
  const int64_t boxes = plan.tiling.boxes();
  const auto idle = [&](int64_t splits) {
    const int64_t pieces = boxes * splits;
    return 4 * (round_up(pieces, resident) - pieces) > pieces;
  };
  int64_t splits = std::max<int64_t>(1, resident / boxes);
  while (splits < kMostSplits && idle(splits))
    ++splits;
  const int64_t wanted = round_up(ceil_div(space.reduce, splits), least);
  tile.reduce = std::min({wanted, space.reduce, kMaxReduceTile});
  plan.tiling = Tiling(space, tile);
  plan.candidates = plan.tiling.splits();
  plan.blocks = std::min(plan.tiling.boxes(), plan.candidates == 1 ? kMaxGrid : resident);
  return plan;
}

int64_t row_bytes(const Problem& problem) {
  return problem.reduce.size() * size_of(problem.dtype);
}

std::optional<Plan> staged(Extents space, int element_size, const Limits& limits) {
  constexpr int64_t kTileBytes = 7 << 10, kLeastTileBytes = 4 << 10, kMostTileBytes = 24 << 10;
  // Of what has few tiles, so that they are on more SMs; and of a lane that would be idle.
  constexpr int64_t kLeastFewBytes = 2 << 10, kTilesPerProcessor = 4, kLeastLaneElements = 8;
  if (space.reduce > kStageBytes || space.inner > kStageBytes) return {};
  const int64_t bytes = space.reduce * element_size, run = bytes * space.inner;
  if (run > kStageBytes) return {};

  // Small elements that are not seen by vectors take longer.
  const bool is_slow = element_size < 4 && (space.inner > 1 || bytes % kRowVectorBytes != 0);
  int lanes = floor_power_of_two(bytes / (is_slow ? 80 : 40), kWarp);
  int64_t tile;
  for (;; lanes /= 2) {
    const int64_t results = kStageThreads / lanes;  // of a round
    const int64_t rounds = std::max<int64_t>(1, (kTileBytes / bytes + results / 2) / results);
    tile = std::clamp<int64_t>(rounds * results / space.inner, 1, kMostTileBytes / run);
    if (lanes == 1 || (results >= space.inner && tile * run >= kLeastTileBytes)) break;
  }
  const int64_t few =
      std::max(ceil_div(space.outer, kTilesPerProcessor * limits.processors), kLeastFewBytes / run);
  if (few < tile) {
    tile = std::min(std::max<int64_t>(1, few), space.outer);
    const int64_t threads = kStageThreads / (tile * space.inner);  // for each result
    const int64_t useful = std::min(threads, space.reduce / kLeastLaneElements);
    lanes = std::max(lanes, floor_power_of_two(useful, kWarp));
  }
  Plan plan = whole(space, {tile, space.reduce, space.inner}, kStageThreads, lanes);
  if (plan.tiling.boxes() > kMaxGrid) return {};
  plan.shared_bytes = copy_bytes(static_cast<int>(tile * run));
  return plan;
}

}  // namespace torch_argmax::cuda
