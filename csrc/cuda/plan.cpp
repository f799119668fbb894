#include "plan.h"

#include <algorithm>

#include "../work.h"

namespace torch_argmax::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kVectorBytes = 16;

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

// A plan in which every block has whole results.
Plan whole(Extents space, Extents tile, int threads, int lanes) {
  Plan plan;
  plan.tiling = Tiling(space, tile);
  plan.blocks = std::min(plan.tiling.boxes(), kMaxGrid);
  plan.threads = threads;
  plan.lanes = lanes;
  return plan;
}

// Blocks that are resident at once.
int64_t resident_blocks(const Limits& limits, int threads) {
  return int64_t{limits.processors} * (kResidentThreads / threads);
}

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

// `plan` with a team of blocks for each box: all that are resident together, but no more than a box
// has parts.
Plan shared(Plan plan, int64_t resident, int64_t parts) {
  const int64_t team = std::max<int64_t>(1, std::min(resident / plan.tiling.boxes(), parts));
  plan.candidates = plan.tiling.splits() * team;
  plan.blocks = std::min(plan.tiling.boxes() * team, plan.candidates == 1 ? kMaxGrid : resident);
  return plan;
}

// `plan` with the reduced dimension cut so that the blocks fill the device once, but into pieces of
// no less than `least` elements, which is a multiple of what a block reads at a time. It is not cut
// where the busiest SM would be spared less than the barrier costs.
Plan split(Plan plan, const Limits& limits, int element_size, int64_t least) {
  const Extents space = plan.tiling.space();
  Extents tile = plan.tiling.tile();
  if (!shared_by_grid_pays(plan, limits, element_size) && tile.reduce <= kMaxReduceTile)
    return plan;

  const int64_t resident = resident_blocks(limits, plan.threads);
  const int64_t splits = std::max<int64_t>(1, resident / plan.tiling.boxes());
  const int64_t wanted = round_up(ceil_div(space.reduce, splits), least);
  tile.reduce = std::min({wanted, space.reduce, kMaxReduceTile});
  plan.tiling = Tiling(space, tile);
  plan.candidates = plan.tiling.splits();
  plan.blocks = std::min(plan.tiling.boxes(), plan.candidates == 1 ? kMaxGrid : resident);
  return plan;
}

// Rows, of which the parameters of a kernel hold the dimensions.
bool is_rows(const Problem& problem) {
  return problem.contiguous_rows() && problem.dims() <= kFewDims;
}

// The same, one of which begins as far from the last as the next from it.
bool is_even_rows(const Problem& problem) {
  return problem.contiguous_rows() && problem.outer.count <= 1;
}

int64_t row_bytes(const Problem& problem) {
  return problem.reduce.size() * size_of(problem.dtype);
}

// What a block of row_grid or row_cluster reads at a time: a batch.
constexpr int64_t kBatchBytes = int64_t{kRowGridThreads} * kThreadBytes;
constexpr int64_t kClusterThreadBytes = kBatchBytes / kRowClusterThreads;

// A quarter of the SMs can read as fast as memory gives: one SM of an H100 read 100 GB/s of 3100
// (row_block on (1, 32000) to (1, 256512) bfloat16, 2026-11-24). With fewer rows, blocks that share
// a row pay.
bool leaves_processors_idle(const Problem& problem, const Limits& limits) {
  return 4 * problem.results() <= limits.processors;
}

// Rows of up to 1 KB. On an H100 (2026-11-24), us by row_stage, by row_warp, floor: (65536, 256)
// float32 34.1, 37.6, 32.8; (65536, 1000) float16 60.9, 57.5, 55.0; float32 99.1, 97.8, 96.1.
bool row_stage_pays(const Problem& problem, const Limits&) {
  return row_bytes(problem) <= 1024;
}

// Neighbouring threads should read from different banks of shared memory, 128 bytes at a time; two
// from the same is cheaper than to combine twice as many lanes (H100: 1048576 rows of 256 bytes
// took 103 us with 4 lanes and 104 with 8, 2026-11-24). Rows that are not of whole vectors are read
// by elements, and have no conflicts to speak of.
int lanes_without_conflict(int64_t bytes) {
  for (int lanes = 4; lanes > 1; lanes /= 2)
    if (bytes % (2 * lanes * kVectorBytes) == 0) return lanes;
  return 1;
}

// Of so many runs of so many bytes, those that a block stages: 16 KB, but no fewer tiles than give
// each SM four, and then no less than 2 KB. Tiles of 8 KB are up to 3 % faster for rows of whole
// vectors, and up to 20 % slower for others (H100, rows of 8, 64, 129 and 256 elements,
// 2026-11-24).
int64_t stage_tile(int64_t runs, int64_t bytes, const Limits& limits) {
  constexpr int64_t kLeastTileBytes = 2048, kTilesPerProcessor = 4;
  const int64_t spread = ceil_div(runs, kTilesPerProcessor * limits.processors);
  return std::min({kStageBytes / bytes, std::max(spread, kLeastTileBytes / bytes), runs});
}

// Evenly spaced rows. The threads that rows leave over share them, each with at least 32 bytes of
// its own.
std::optional<Plan> fit_row_stage(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastLaneBytes = 32;
  const int64_t bytes = row_bytes(problem);
  if (!is_even_rows(problem) || bytes > kStageBytes) return {};
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  const int64_t tile = stage_tile(rows, bytes, limits);
  const int spare =
      floor_power_of_two(std::min(kStageThreads / tile, bytes / kLeastLaneBytes), kWarp);
  const int lanes = std::max(spare, lanes_without_conflict(bytes));
  return whole({rows, reduce, 1}, {tile, reduce, 1}, kStageThreads, lanes);
}

// Rows that a warp reads in two batches.
bool row_warp_pays(const Problem& problem, const Limits&) {
  return row_bytes(problem) <= 4096;
}

std::optional<Plan> fit_row_warp(const Problem& problem, const Limits&) {
  const int64_t reduce = problem.reduce.size();
  if (!is_even_rows(problem) || reduce > kMaxReduceTile) return {};
  return whole({problem.results(), reduce, 1}, {kRowWarpThreads / kWarp, reduce, 1},
               kRowWarpThreads, kWarp);
}

// Rows of more than a batch, for which there are SMs enough to give each row several, up to four
// batches a block: longer rows are worth the barrier for which all SMs share them, if those are not
// busy with two blocks a row.
//
// On an H100 (2026-11-24), us cold and in a replayed graph by row_cluster, by row_block: (1, 32000)
// bfloat16 4.7 and 1.9, 4.9 and 2.3; (8, 128256) 5.9 and 2.6, 8.3 and 4.5; (64, 128256) 12.6 and
// 4.5, 13.1 and 5.5; (64, 4096) float32 5.2 and 2.2, 5.1 and 2.1. By row_grid: (1, 128256) float32
// 5.2 and 2.7, 8.6 and 5.4; (1, 524288) 8.3 and 4.4, 9.7 and 5.9.
bool row_cluster_pays(const Problem& problem, const Limits& limits) {
  const int64_t share = limits.processors / problem.results();
  const int64_t bytes = row_bytes(problem);
  const int64_t quickly = 4 * kBatchBytes * std::min<int64_t>(limits.max_cluster, share);
  return share >= 2 && bytes > kBatchBytes &&
         (bytes <= quickly || !leaves_processors_idle(problem, limits));
}

// A cluster for each row, of as many blocks as have 8 KB each and as there are SMs to place them
// on. A block has a thread for every 128 bytes, but no less than 128 threads.
//
// H100, 2026-11-24, us cold with blocks of 8 KB, 16 KB and 32 KB: (1, 32000) bfloat16 4.7, 4.7, 4.7
// and in a replayed graph 1.9, 2.0, 2.2. With 256 and 512 threads: (1, 524288) float32 8.3, 8.7;
// (1, 128256) 5.2, 6.7; (64, 128256) bfloat16 12.6, 13.5.
std::optional<Plan> fit_row_cluster(const Problem& problem, const Limits& limits) {
  constexpr int64_t kPieceBytes = 8 << 10;
  constexpr int kMinThreads = 128;
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  if (!is_rows(problem) || reduce > kMaxReduceTile) return {};
  const int64_t share = std::max<int64_t>(2, limits.processors / rows);
  const int64_t pieces = std::max<int64_t>(2, ceil_div(row_bytes(problem), kPieceBytes));
  const int wanted = ceil_power_of_two(pieces, floor_power_of_two(share, limits.max_cluster));
  // Pieces begin where cache lines do, relative to the row; none may be empty.
  const int64_t line = kLineBytes / size_of(problem.dtype);
  for (int cluster = wanted; cluster >= 2; cluster /= 2) {
    const int64_t piece = round_up(ceil_div(reduce, cluster), line);
    if (ceil_div(reduce, piece) != cluster) continue;
    const int64_t batches = ceil_div(piece * size_of(problem.dtype), kClusterThreadBytes);
    const int threads = std::max(kMinThreads, ceil_power_of_two(batches, kRowClusterThreads));
    Plan plan = whole({rows, reduce, 1}, {1, piece, 1}, threads, threads);
    if (plan.tiling.boxes() > kMaxGrid) return {};
    plan.cluster = cluster;
    return plan;
  }
  return {};
}

// Few rows of 256 KB or more, and those too long for one block's 32-bit positions. On an H100
// (2026-11-24), us by row_grid, by row_block: (1, 128256) float32 6.6, 9.4; (8, 128256)
// bfloat16 7.7, 7.7; (1, 32000) bfloat16 6.6, 4.9.
bool row_grid_pays(const Problem& problem, const Limits& limits) {
  return problem.reduce.size() > kMaxReduceTile ||
         (leaves_processors_idle(problem, limits) && row_bytes(problem) > 8 * kBatchBytes);
}

// Teams of blocks for each row, all of a device's together, but no more than a row has batches.
std::optional<Plan> fit_row_grid(const Problem& problem, const Limits& limits) {
  if (!is_rows(problem)) return {};
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  const int64_t piece = ceil_div(reduce, ceil_div(reduce, kMaxReduceTile));
  const Plan plan = whole({rows, reduce, 1}, {1, piece, 1}, kRowGridThreads, kRowGridThreads);
  return shared(plan, resident_blocks(limits, kRowGridThreads),
                ceil_div(piece * size_of(problem.dtype), kBatchBytes));
}

// Rows that a block of two warps does not read in less time than it takes to start: strided has
// several of them in a block.
bool row_block_pays(const Problem& problem, const Limits&) {
  return is_even_rows(problem) || row_bytes(problem) > 1024;
}

// A block for each row, of as many threads as have a batch of its vectors: 1024 at most, and 512
// where a second row keeps the SM as busy. Where rows leave SMs to themselves, of more rather than
// of fewer threads than that.
//
// H100, 2026-11-24, us with 1024 and 512 threads: (1, 32000) bfloat16 4.9, 5.0; (132, 151936) 23.1,
// 23.8; (256, 151936) 39.7, 39.3; (3584, 157184) 372, 377; (256, 50257) 18.0, 17.1. Rows of 16 KB
// take no more than 256: (65536, 8192) bfloat16 350, with 512 445.
std::optional<Plan> fit_row_block(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLongBytes = 256 << 10;
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  if (!is_rows(problem) || reduce > kMaxReduceTile) return {};
  const int64_t batches = row_bytes(problem) / kThreadBytes;  // of one thread
  const bool alone = rows <= limits.processors;
  const bool is_long = row_bytes(problem) > kLongBytes && rows > 2 * int64_t{limits.processors};
  const int most = alone || is_long ? kMaxRowBlockThreads : kMaxRowBlockThreads / 2;
  const int threads = std::max(
      2 * kWarp, alone ? ceil_power_of_two(batches, most) : floor_power_of_two(batches, most));
  return whole({rows, reduce, 1}, {1, reduce, 1}, threads, threads);
}

// Inputs of columns that are better cut into narrow tiles, so that every SM has one, than into wide
// ones that several blocks share. On an H100 (2026-11-24), us by narrow tiles, by teams: (8192,
// 8192) bfloat16 61.9, 69.4, int8 42.2, 47.5; (4096, 4097) float32 48.2, 57.1.
bool is_small(const Problem& problem, const Limits& limits) {
  constexpr int64_t kBytesPerProcessor = 1 << 20;
  return problem.results() * row_bytes(problem) <= limits.processors * kBytesPerProcessor;
}

// Evenly spaced slabs of columns that lie end to end. The threads that results leave over share
// them, each with at least 8 elements of its own.
std::optional<Plan> fit_column_stage(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastLaneElements = 8;
  const int64_t reduce = problem.reduce.size(), columns = problem.inner.size;
  if (!problem.contiguous_columns() || problem.outer.count > 1 ||
      problem.reduce.fastest().stride != columns || reduce > kStageBytes ||
      row_bytes(problem) * columns > kStageBytes) {
    return {};
  }
  const int64_t slabs = problem.outer.size();
  const int64_t tile = stage_tile(slabs, row_bytes(problem) * columns, limits);
  const int lanes = floor_power_of_two(
      std::min(kStageThreads / (tile * columns), reduce / kLeastLaneElements), kWarp);
  return whole({slabs, reduce, columns}, {tile, reduce, columns}, kStageThreads, lanes);
}

// Whether some row begins where column_tile's vectors cannot.
bool is_skewed(const Problem& problem) {
  const int columns = columns_per_thread(size_of(problem.dtype));
  bool skewed = problem.inner.size % columns != 0 || problem.reduce.fastest().stride % columns != 0;
  for (int i = 0; i < problem.outer.count; ++i)
    skewed |= problem.outer.dims[i].stride % columns != 0;
  return skewed;
}

// Slabs of more than it takes to set the ring up, if they need not be cut or are large. On an H100
// (2026-11-24), us by column_ring, by tiles: (128, 4096, 4095) float32 2737, 3097, float16 1508,
// 1881; (256, 4096, 33) float32 68, 71; (4096, 4097) 58, 48.
bool column_ring_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastSlabBytes = 256 << 10;
  return is_skewed(problem) && row_bytes(problem) * problem.inner.size >= kLeastSlabBytes &&
         (2 * problem.outer.size() >= limits.processors || !is_small(problem, limits));
}

// Rows that lie end to end, of which a block can own all columns: slabs of them, and if there are
// fewer than SMs, parts of slabs.
std::optional<Plan> fit_column_ring(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns() || problem.dims() > kFewDims) return {};
  constexpr int64_t kLeastBytes = 2 * kRingChunkBytes;  // of a part
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  const int size = size_of(problem.dtype);
  if (problem.reduce.fastest().stride != space.inner || space.inner > ring_columns(size) ||
      limits.shared_bytes < kRingStages * kRingChunkBytes) {
    return {};
  }
  constexpr int64_t kPeriodBytes = 16 << 10;
  const int64_t wanted = std::min<int64_t>(kPeriodBytes / size, ring_columns(size)) / space.inner;
  const int lanes = static_cast<int>(
      std::clamp<int64_t>(wanted, 1, std::min<int64_t>(space.reduce, kColumnRingThreads)));
  Plan plan = whole(space, {1, space.reduce, space.inner}, kColumnRingThreads, lanes);
  // A period that is longer than a chunk keeps three of them, and leaves 4 too few under way.
  const bool is_long = lanes * space.inner * size > kRingChunkBytes;
  const bool has_room = limits.shared_bytes >= kMaxRingStages * kRingChunkBytes;
  const int stages = is_long && has_room ? kMaxRingStages : kRingStages;
  plan.shared_bytes = stages * kRingChunkBytes;
  return split(plan, limits, size, ceil_div(kLeastBytes, space.inner * size));
}

// Elements that lie side by side along a kept dimension: tiles of up to 128 vectors of columns,
// equal to within one, and as many groups of rows beside each other as leave every thread 16 rows.
// Of small inputs tiles are narrower, and where they are few the rows of a thread fewer.
std::optional<Plan> fit_columns(const Problem& problem, const Limits& limits, int most_threads) {
  if (!problem.contiguous_columns() || problem.dims() > kFewDims) return {};
  constexpr int kMaxTileThreads = 128, kMinTileThreads = 8;
  const bool small = is_small(problem, limits);
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  const int columns = columns_per_thread(size_of(problem.dtype));
  const int64_t vectors = ceil_div(space.inner, columns);
  int most = kMaxTileThreads;
  while (small && most > kMinTileThreads &&
         space.outer * ceil_div(vectors, most) < limits.processors) {
    most /= 2;
  }
  const int64_t tiles = ceil_div(vectors, most);
  const int tile_threads = static_cast<int>(ceil_div(vectors, tiles));
  const bool few = small && space.outer * tiles < 4 * int64_t{limits.processors};
  const int rows_per_thread = few ? 2 : 16;
  const int lanes =
      floor_power_of_two(space.reduce / rows_per_thread,
                         floor_power_of_two(most_threads / tile_threads, most_threads));
  const int threads = static_cast<int>(round_up(tile_threads * lanes, kWarp));
  if (tile_threads * lanes < kWarp || space.reduce > kMaxReduceTile) return {};
  return whole(space, {1, space.reduce, int64_t{tile_threads} * columns}, threads, lanes);
}

std::optional<Plan> fit_column_tile(const Problem& problem, const Limits& limits) {
  return fit_columns(problem, limits, kColumnTileThreads);
}

// No more tiles than SMs, of more than 128 KB each.
bool column_grid_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastTileBytes = 128 << 10;
  const auto plan = fit_columns(problem, limits, kColumnGridThreads);
  return plan && plan->tiling.boxes() <= limits.processors &&
         problem.results() * row_bytes(problem) > plan->tiling.boxes() * kLeastTileBytes;
}

// A block an SM, and a team of them for each tile, but no more than have a part of the rows.
std::optional<Plan> fit_column_grid(const Problem& problem, const Limits& limits) {
  const auto plan = fit_columns(problem, limits, kColumnGridThreads);
  if (!plan) return {};
  const int columns = columns_per_thread(size_of(problem.dtype));
  const int rows = kColumnGridThreadBytes / (columns * size_of(problem.dtype));
  return shared(*plan, limits.processors,
                ceil_div(plan->tiling.tile().reduce, kColumnGridTurns * rows * plan->lanes));
}

// Anything: threads step through memory by strides, neighbours along whichever of the reduced and
// the kept dimensions has the smaller one.
std::optional<Plan> fit_strided(const Problem& problem, const Limits& limits) {
  constexpr int kStepsPerThread = 8;
  const int64_t results = problem.results();
  const int64_t reduce = problem.reduce.size();
  const int64_t resident = resident_blocks(limits, 1);  // threads
  const int threads = kMaxStridedThreads;
  const int useful = ceil_power_of_two(ceil_div(reduce, kStepsPerThread), threads);
  const int wanted = ceil_power_of_two(ceil_div(resident, results), threads);
  const bool adjacent =
      problem.outer.count == 0 || problem.reduce.fastest().stride < problem.outer.fastest().stride;
  const int lanes = std::min(useful, adjacent ? std::max(wanted, kWarp) : wanted);
  const Plan plan = whole({results, reduce, 1}, {threads / lanes, reduce, 1}, threads, lanes);
  return split(plan, limits, size_of(problem.dtype), lanes * kStepsPerThread);
}

}  // namespace

const Kernels& kernels() {
  static const Kernels list = {
      {"row_stage", fit_row_stage, row_stage_pays},
      {"row_warp", fit_row_warp, row_warp_pays},
      {"row_cluster", fit_row_cluster, row_cluster_pays},
      {"row_grid", fit_row_grid, row_grid_pays},
      {"row_block", fit_row_block, row_block_pays},
      {"column_stage", fit_column_stage, always},
      {"column_ring", fit_column_ring, column_ring_pays},
      {"column_grid", fit_column_grid, column_grid_pays},
      {"column_tile", fit_column_tile, always},
      {"strided", fit_strided, always},
  };
  return list;
}

}  // namespace torch_argmax::cuda
