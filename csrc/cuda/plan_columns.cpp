// The plans of columns that lie side by side.

#include <algorithm>
#include <numeric>

#include "planning.h"

namespace torch_argmax::cuda {
namespace {

// Inputs of columns that are better cut into narrow tiles, so that every SM has one, than into wide
// ones that several blocks share. On an H100 (2026-11-24), us by narrow tiles, by teams: (8192,
// 8192) bfloat16 61.9, 69.4, int8 42.2, 47.5; (4096, 4097) float32 48.2, 57.1.
bool is_small(const Problem& problem, const Limits& limits) {
  constexpr int64_t kBytesPerProcessor = 1 << 20;
  return problem.results() * row_bytes(problem) <= limits.processors * kBytesPerProcessor;
}

// Evenly spaced slabs of columns that lie end to end.
std::optional<Plan> fit_column_stage(const Problem& problem, const Limits& limits) {
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  if (!problem.contiguous_columns() || problem.outer.count > 1 ||
      problem.reduce.fastest().stride != space.inner) {
    return {};
  }
  return staged(space, size_of(problem.dtype), limits);
}

// Whether some row begins where vectors cannot.
bool is_skewed(const Problem& problem) {
  const int columns = columns_per_thread(size_of(problem.dtype));
  bool skewed = problem.inner.size % columns != 0 || problem.reduce.fastest().stride % columns != 0;
  for (int i = 0; i < problem.outer.count; ++i)
    skewed |= problem.outer.dims[i].stride % columns != 0;
  return skewed;
}

// Threads of column_thread, and how many are resident at once.
int64_t vectors_of(const Problem& problem) {
  const int columns = columns_per_thread(size_of(problem.dtype));
  return problem.outer.size() * ceil_div(problem.inner.size, columns);
}
int64_t resident_threads(const Limits& limits) {
  return resident_blocks(limits, 1);
}

// Whether so many threads fill the rounds in which they are resident all but a tenth.
bool fills_rounds(int64_t threads, const Limits& limits) {
  return 10 * threads >= 9 * round_up(threads, resident_threads(limits));
}

// Whether a thread that has all rows of its columns, which are not folded, is better than several
// that share them: if those threads fill the rounds in which they are resident, or two fifths of
// the only one; in few rounds of longer reductions only where rows are long.
//
// On an H100 (2026-11-27), us so, and with more lanes: (2048, 32, 2048) float16 108, 124; (1000,
// 64, 2048) float32 183.5, 184.7; (16, 1000, 256, 256) int8, column_batch, 354, 370; (9, 100,
// 65536) float32, in 1.1 rounds, 90, 94; but in 1.9 of short rows (1000, 150, 1024) 220, 217, not
// full (100, 100, 10000) 148.5, 145.9, (64, 150, 10000) 153.6, 143.2, (200, 64, 4000) float64 148,
// 145.
bool one_lane_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kShortReduce = 32, kShortReduceBytes = 128;
  constexpr int64_t kLongRowBytes = 128 << 10, kManyRounds = 3;
  const int size = size_of(problem.dtype);
  const int64_t threads = vectors_of(problem), resident = resident_threads(limits);
  // An SM has registers for an eighth more threads than it counts with, of larger elements.
  if (8 * threads <= (size < 4 ? 8 : 9) * resident) return 5 * threads >= 2 * resident;
  if (problem.reduce.size() < kShortReduce || row_bytes(problem) < kShortReduceBytes) return true;
  const bool has_long_rows = size == 1 || problem.inner.size * size >= kLongRowBytes;
  const bool has_many_rounds = size < 8 && threads > (kManyRounds - 1) * resident;
  return (has_long_rows || has_many_rounds) && fills_rounds(threads, limits);
}

// What column_stage can copy is taken over from it only if rows are few and long; and column_batch
// looks at several small elements at once, which is worth it where there are many rows.
//
// On an H100 (2026-11-27), us by column_thread, by the best of the others: (2, 256, 256, 256) dim 0
// float32 91.5, 92.0, float16 70.2, 70.7; (16384, 2, 2048) 179, 198; (3276, 5, 4096) 125, 142; (16,
// 21, 512, 512) 134.5, 136.1, float16 76.9, 80.3; (16, 150, 512, 512) int8 231, 239; (35, 249000)
// float32 18.4, 18.9; but (16, 500, 256, 256) int8 193, 187, (128, 2000, 4096) 404, 360, (250,
// 4096, 2048) float16 1384, 1364; in the place of column_stage (262144, 4, 64) float32 163, 138,
// (16384, 32, 128) 103.8, 102.6.
bool column_thread_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kFewRows = 16, kLeastRowBytes = 512;  // to take over from column_stage
  constexpr int64_t kMostRowsOfBytes = 200, kMostRowsOfPairs = 512;
  const int64_t rows = problem.reduce.size(), columns = problem.inner.size;
  const int size = size_of(problem.dtype);
  if (is_skewed(problem)) return false;
  const bool can_be_staged = row_bytes(problem) * columns <= kStageBytes;
  if (can_be_staged && (rows >= kFewRows || columns * size < kLeastRowBytes)) return false;
  if (!one_lane_pays(problem, limits)) return false;
  // Last: it makes plans.
  const bool is_long = rows > (size == 1 ? kMostRowsOfBytes : kMostRowsOfPairs);
  return !(size < 4 && is_long && column_batch_pays(problem, limits));
}

// Threads of equal tiles for so many columns: no more than `most`, each with so many of them.
int threads_of_tile(int64_t columns, int64_t per_thread, int most) {
  const int64_t tile = ceil_div(columns, ceil_div(columns, most * per_thread));
  return static_cast<int>(round_up(ceil_div(tile, per_thread), kWarp));
}

// A vector of columns for each thread. Of fewer than 24 rows small blocks are better, of more large
// ones if they fill their rounds. On an H100 (2026-11-27), us by up to 64, 128, 256 and 512
// threads: (2, 256, 256, 256) dim 0 float32 91.5, 91.3, 91.9, 94.1, float64 134.8, 136.4, 141.1,
// 146.7; (16, 48, 512, 512) float32 282.1, 280.2, 278.6, 278.8; (16, 150, 256, 256) 218.4, 217.6,
// 214.8, 215.0; (24, 128, 435, 435) 835.3, 835.4, 833.7, 832.3, float64 1612, 1612, 1608, 1605;
// (1000, 150, 4000) int8 237.8, 237.3, 234.3, 238.6; but in 1.1 rounds (9, 100, 65536) float32
// 90.3, 90.1, 98.4, 99.7.
std::optional<Plan> fit_column_thread(const Problem& problem, const Limits& limits) {
  constexpr int kSmall = 64, kUsual = 128, kLarge = 256;
  constexpr int64_t kFewRows = 24;
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  if (!problem.contiguous_columns() || is_skewed(problem) || problem.dims() > kFewDims ||
      space.reduce > kMaxReduceTile) {
    return {};
  }
  const int size = size_of(problem.dtype), columns = columns_per_thread(size);
  const int64_t vectors = vectors_of(problem);
  int most = kUsual;
  if (space.reduce < kFewRows) {
    most = kSmall;
  } else if (vectors > resident_threads(limits) && fills_rounds(vectors, limits)) {
    most = size == 8 ? kColumnThreadThreads : kLarge;
  }
  const int threads = threads_of_tile(space.inner, columns, most);
  Plan plan = whole(space, {1, space.reduce, threads * columns}, threads, 1);
  plan.shared_bytes = threads * columns * 4;  // for each column the index of a row
  return plan;
}

// Rows that begin within a vector: up to 4 of 2 KB or more, or some more of large inputs. On an
// H100 (2026-11-26), us by column_short, by the best of the others: (16376, 2, 2049) float32 192,
// 224; (16, 21, 513, 513) float16 89, 142; (16, 19, 333, 333) 45, 70; (4096, 16, 1025) float32 113,
// 119; (3000, 12, 1001) float16 46, 119; (163, 100, 4097) float32 115, 109; (2026-11-27) (200, 100,
// 65537) int8 657, 819; (64, 80, 10001) 39, 50; (4, 24, 65537) float32 15.5, 16.6, float64 25.6,
// 25.0.
bool column_short_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastRowBytes = 2048, kFewRows = 4;
  constexpr int64_t kMostRows = 64, kMostRowsOfBytes = 128;
  const int64_t rows = problem.reduce.size(), columns = problem.inner.size;
  const int size = size_of(problem.dtype);
  if (!is_skewed(problem)) return false;
  if (rows <= kFewRows) return columns * size >= kLeastRowBytes;
  const int64_t least_results = size == 8 ? 4096 : 1536;  // of an SM
  return rows <= (size == 1 ? kMostRowsOfBytes : kMostRows) &&
         row_bytes(problem) * columns > kStageBytes &&
         problem.results() >= limits.processors * least_results;
}

// Some columns for each thread, element by element. Small blocks are better, of 64 threads, or 96
// where that leaves fewer without a column. On an H100 (2026-11-27), us with up to 64, 96, 128 and
// 256: (16376, 2, 2049) float32 189.6, 191.8, 192.2, 201.2; (16384, 5, 819) 140.6, 145.5, 143.0,
// 152.4; (5, 2^24) float16 134.5, 141.7, 138.5, 139.3; but (10000, 21, 257) 83.6, 68.1, 67.9,
// 68.1.
std::optional<Plan> fit_column_short(const Problem& problem, const Limits&) {
  constexpr int kFew = 64, kMore = kColumnShortThreads;
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  if (!problem.contiguous_columns() || problem.dims() > kFewDims || space.reduce > kMaxReduceTile)
    return {};
  const int columns = (space.reduce <= 2 ? 2 : 1) * kShortColumns;
  int threads = threads_of_tile(space.inner, columns, kFew);
  const int more = threads_of_tile(space.inner, columns, kMore);
  const auto padded = [&](int of_tile) { return round_up(space.inner, of_tile * columns); };
  if (padded(more) < padded(threads)) threads = more;
  return whole(space, {1, space.reduce, threads * columns}, threads, 1);
}

// Small inputs. On an H100 (2026-11-26), us by column_warp, by the best of the others: (50, 85, 85)
// float32 6.6, 8.1, float64 7.7, 9.2, int8 5.3, 5.6; (16, 256, 256) float32 7.6, 8.3; (8, 512, 512)
// 9.9, 10.5; (16, 16, 1024) 5.6, 6.4; (128, 128, 128) 9.8, 9.7; (8, 19, 128, 128)
// float16 10.8, 9.6; (2048, 10, 100) float32 11.9, 9.7; (1, 2000, 500) 16.4, 11.6; (128, 1000,
// 8) 11.4, 8.5.
bool column_warp_pays(const Problem& problem, const Limits&) {
  constexpr int64_t kLeastRows = 16, kMostRows = 1024, kLeastColumns = 16, kMostElements = 1 << 21;
  const int64_t rows = problem.reduce.size();
  return rows >= kLeastRows && rows <= kMostRows && problem.inner.size >= kLeastColumns &&
         problem.results() * rows <= kMostElements;
}

// All rows of 32 columns for each block, and as many warps as have a turn of them.
std::optional<Plan> fit_column_warp(const Problem& problem, const Limits&) {
  if (!problem.contiguous_columns() || problem.dims() > kFewDims) return {};
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  if (space.reduce > kMaxReduceTile || space.outer * ceil_div(space.inner, kWarp) > kMaxGrid)
    return {};
  const int warps =
      static_cast<int>(std::min<int64_t>(ceil_div(space.reduce, kColumnWarpRows), kMaxColumnWarps));
  return whole(space, {1, space.reduce, kWarp}, warps * kWarp, warps);
}

// The fewest rows that are whole pieces of so many bytes.
int64_t fewest_rows(const Problem& problem, int64_t bytes) {
  const int64_t elements = bytes / size_of(problem.dtype);
  return elements / std::gcd(problem.inner.size, elements);
}

// What a block of column_flat has at least; and before it has more threads for turns of lines: with
// two (256, 500, 33) float32 took 14.1 us and not 13.6 (H100, 2026-11-27).
constexpr int kLeastTurns = 2;
constexpr int kLeastTurnsOfLines = 8;

// Whether column_flat's turns are of whole cache lines: where all but a tenth of the SMs have two
// slabs, if a block has the threads. On an H100 (2026-11-26), us so and by turns of whole vectors,
// in fewer threads: (256, 4096, 33) float32 58.4, 61.1; (264, 4096, 33) 60.6, 63.3; (256, 20000,
// 33) 242, 250; (256, 2048, 33) float64 58.7, 60.6; but of fewer slabs (200, 4096, 33)
// float32 54.9, 51.5, of more (2036, 1000, 33) 107, 105, and of smaller elements (203, 10000, 33)
// float16 65.7, 63.5.
bool has_turns_of_lines(const Problem& problem, const Limits& limits) {
  const int64_t rows = fewest_rows(problem, kLineBytes), slabs = problem.outer.size();
  const int64_t most_slabs = 2 * int64_t{limits.processors};
  const int size = size_of(problem.dtype);
  return size >= 4 && slabs <= most_slabs && 10 * slabs >= 9 * most_slabs &&
         kLeastTurns * rows <= problem.reduce.size() &&
         rows * problem.inner.size <= columns_per_thread(size) * kColumnFlatThreads;
}

// Rows that begin within a vector, of slabs that are worth folding a block's lanes, but not of
// small inputs of which column_tile has a tile for each SM; or rows of less than a vector. On an
// H100 (2026-11-26), us by column_flat, by the best of the others: (134, 100000, 5) float32 109,
// 142; (203, 10000, 33) 110, 127, float16 67, 96; (2036, 1000, 33) 106, 111, float16 71, 69; (1000,
// 5000, 2) 27, 39; (839, 10000, 8) 105, 106; (5000, 1000, 13) 113, 108; (20, 30000, 33) 47, 49;
// (100, 2000, 33) 22, 20; by turns of lines (256, 4096, 33) 58.4, 60.0; (256, 500, 33) 12.8, 13.5.
bool column_flat_pays(const Problem& problem, const Limits& limits) {
  constexpr int64_t kLeastSlabBytes = 128 << 10;
  const int64_t columns = problem.inner.size;
  const int64_t slab_bytes = row_bytes(problem) * columns;
  const bool is_narrow = columns < columns_per_thread(size_of(problem.dtype));
  const bool is_spread = is_small(problem, limits) && 4 * problem.outer.size() >= limits.processors;
  const bool is_worth_folding =
      is_spread ? 2 * slab_bytes >= kLeastSlabBytes && has_turns_of_lines(problem, limits)
                : slab_bytes >= kLeastSlabBytes;
  return is_skewed(problem) && (is_narrow || is_worth_folding);
}

// Rows that lie end to end. A turn is as many whole rows as are whole vectors, one a thread, or
// whole lines; and a block has some turns, or where there are few slabs a part of one.
std::optional<Plan> fit_column_flat(const Problem& problem, const Limits& limits) {
  if (!problem.contiguous_columns() || problem.dims() > kFewDims) return {};
  constexpr int64_t kLeastBytes = 32 << 10;  // of a part
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  const int size = size_of(problem.dtype), columns = columns_per_thread(size);
  const bool by_lines = has_turns_of_lines(problem, limits);
  const int64_t rows = fewest_rows(problem, by_lines ? kLineBytes : columns * size);
  const int64_t vectors = rows * space.inner / columns;
  const int most_threads = by_lines ? kColumnFlatThreads : kUsualColumnFlatThreads;
  if (problem.reduce.fastest().stride != space.inner || vectors > most_threads) return {};
  const int turns = by_lines ? kLeastTurnsOfLines : kLeastTurns;
  const int64_t repeats =
      std::clamp<int64_t>(space.reduce / (turns * rows), 1, most_threads / vectors);
  const int lanes = static_cast<int>(rows * repeats);
  const int threads = static_cast<int>(round_up(vectors * repeats, kWarp));
  Plan plan = whole(space, {1, space.reduce, space.inner}, threads, lanes);
  // For each element of a turn an index and a rank.
  plan.shared_bytes = lanes * static_cast<int>(space.inner) * (4 + std::max(4, size));
  // Blocks that begin when others end keep the memory busier than rounds of equal ones.
  if (plan.tiling.boxes() > resident_blocks(limits, threads) && space.reduce <= kMaxReduceTile) {
    return plan;
  }
  return split(plan, limits, size, round_up(ceil_div(kLeastBytes, space.inner * size), lanes));
}

constexpr int kMinTileThreads = 8;

// Elements that lie side by side along a kept dimension: tiles of up to `widest` vectors of
// columns, equal to within a cache line, and as many groups of rows beside each other as leave
// every thread 16 rows. Tiles are narrower as long as there are fewer than `least_tiles`; and if
// that is not 0 and they are few, so are the rows of a thread.
//
// Rows that begin within a vector take one more, and as many groups as there are places to begin.
std::optional<Plan> fit_columns(const Problem& problem, const Limits& limits, int widest,
                                int usual_threads, int most_threads, int64_t least_tiles) {
  if (!problem.contiguous_columns() || problem.dims() > kFewDims) return {};
  const Extents space = {problem.outer.size(), problem.reduce.size(), problem.inner.size};
  const int size = size_of(problem.dtype), columns = columns_per_thread(size);
  const int64_t vectors = ceil_div(space.inner, columns);
  // Short reductions are faster by elements, but for those of 16-bit types. On an H100
  // (2026-11-24), us by elements, in groups: (16, 19, 333, 333) float32 65, 85, float16 122, 76;
  // (4096, 16, 1025) float32 119, 151; (16, 21, 513, 513) int8 75, 192. So are rows of a vector or
  // less.
  const int64_t stride = problem.reduce.fastest().stride;
  const int places = columns / static_cast<int>(std::gcd(stride, int64_t{columns}));
  const int least_rows = size == 2 ? 16 : 16 * places;
  const bool skewed = is_skewed(problem) && space.inner > columns && space.reduce >= least_rows;
  const int least_lanes = skewed ? places : 1;
  // More threads where they have more lanes of the same columns. Blocks of wider tiles overlap
  // less: (64, 1000, 1001) float16 took 74 us with 512 and 62 with 256; (256, 4096, 33) float32 63
  // and 72.
  const bool narrow = vectors < usual_threads / least_lanes;
  const bool small = least_tiles > 0;
  if (!skewed || !(small || narrow)) most_threads = usual_threads;
  int most = std::min(widest, most_threads / least_lanes) - skewed;
  while (most > kMinTileThreads && space.outer * ceil_div(vectors, most) < least_tiles)
    most /= 2;
  // Where rows begin at cache lines, so do tiles: us so, and by equal ones, (1000, 32, 10000)
  // float64 890, 903; (16, 1000, 10000) 434, 444; but of other rows (13421, 5, 1000) float32 141.4,
  // 136.7; (1000, 16, 4000) int8 43.7, 42.9 (H100, 2026-11-27).
  const int64_t tiles = ceil_div(vectors, most);
  int64_t tile_vectors = ceil_div(vectors, tiles);
  if (tiles > 1 && stride * size % kLineBytes == 0) {
    tile_vectors = std::min<int64_t>(round_up(tile_vectors, kLineBytes / (columns * size)), most);
  }
  const int group = static_cast<int>(tile_vectors) + skewed;
  const bool few = small && space.outer * tiles < 4 * int64_t{limits.processors};
  const int rows_per_thread = few ? 2 : 16;
  const int wanted =
      one_lane_pays(problem, limits)
          ? 1
          : floor_power_of_two(space.reduce / rows_per_thread,
                               floor_power_of_two(most_threads / group, most_threads));
  const int lanes = std::max(wanted, least_lanes);
  const int threads = static_cast<int>(round_up(group * lanes, kWarp));
  if (group * lanes < kWarp || space.reduce > kMaxReduceTile) return {};
  Plan plan = whole(space, {1, space.reduce, tile_vectors * columns}, threads, lanes);
  // For each column of a thread an index and a rank.
  plan.shared_bytes = threads * columns * (4 + std::max(4, size));
  return plan;
}

// Tiles of 2 KB of columns.
std::optional<Plan> fit_column_tile(const Problem& problem, const Limits& limits) {
  return fit_columns(problem, limits, /*widest=*/128, kColumnTileThreads / 2, kColumnTileThreads,
                     is_small(problem, limits) ? limits.processors : 0);
}

// Blocks of column_grid or column_batch that are resident at once.
int64_t grid_round(const Plan& plan, const Limits& limits) {
  return int64_t{limits.processors} * (kColumnGridThreads / plan.threads);
}

// No more tiles than SMs, of more than 128 KB each; and of small elements, for which column_tile
// has too many instructions, any number that fills the rounds of blocks, of more than 128 KB or 1
// MB.
//
// On an H100 (2026-11-27), us by column_batch or column_grid, by column_tile: (128, 8192, 4096)
// int8 1408, 1822; (500, 1000, 2001) 400, 457; (16, 150, 256, 256) 69.5, 75.5; (163, 4096, 4097)
// float16 1844, 1951; (250, 4096, 2048) 1369, 1388; but in too few blocks for their rounds (163,
// 4096, 4000) 2063, 1898, and of smaller tiles (24, 128, 435, 435) int8 303, 284, (500, 500, 2001)
// float16 371, 368.
bool is_worth_sharing(const Problem& problem, const Limits& limits, const Plan& plan) {
  constexpr int64_t kLeastTileBytes = 128 << 10, kLargeTileBytes = 1 << 20;
  const int size = size_of(problem.dtype);
  const int64_t tiles = plan.tiling.boxes(), bytes = problem.results() * row_bytes(problem);
  if (tiles <= limits.processors) return bytes > tiles * kLeastTileBytes;
  return size < 4 && 4 * tiles >= 3 * round_up(tiles, grid_round(plan, limits)) &&
         bytes > tiles * (size == 1 ? kLeastTileBytes : kLargeTileBytes);
}

// A block an SM, and a team of them for each tile, but no more than have a part of the rows.
Plan share_tiles(const Plan& plan, const Limits& limits, int element_size, int turns) {
  const int rows = kColumnGridThreadBytes / (columns_per_thread(element_size) * element_size);
  return shared(plan, limits.processors,
                ceil_div(plan.tiling.tile().reduce, turns * rows * plan.lanes));
}

std::optional<Plan> fit_grid_tiles(const Problem& problem, const Limits& limits) {
  return fit_columns(problem, limits, /*widest=*/128, kColumnGridThreads, kColumnGridThreads,
                     is_small(problem, limits) ? limits.processors : 0);
}

// Tiles of 4 KB of columns, or of 2 KB of smaller elements. Of small inputs and up to 8192 rows as
// narrow ones as still keep most SMs busy in one round. On an H100 (2026-11-26), us by narrow
// tiles, by wide ones: (8192, 8192) float32 101.3, 103.1, bfloat16 58.9, 61.6; (16384, 1024)
// float32 39.9, 44.3; (8192, 16384) 186.2, 186.6; (16384, 8192) 186.6, 186.5; (32768, 8192) 358.4,
// 353.1, bfloat16 190.5, 186.3.
std::optional<Plan> fit_batch_tiles(const Problem& problem, const Limits& limits) {
  constexpr int64_t kMostRows = 8192;
  if (!problem.contiguous_columns() || is_skewed(problem)) return {};
  const auto fit = [&](int widest, int64_t least_tiles) {
    return fit_columns(problem, limits, widest, kColumnGridThreads, kColumnGridThreads,
                       least_tiles);
  };
  const int widest = size_of(problem.dtype) < 4 ? 128 : 256;
  const bool narrow = is_small(problem, limits) || problem.reduce.size() <= kMostRows;
  auto plan = fit(widest, narrow);
  for (int width = widest / 2; plan && narrow && width >= kMinTileThreads; width /= 2) {
    const auto narrower = fit(width, 1);
    const int64_t tiles = narrower ? narrower->tiling.boxes() : limits.processors + 1;
    if (tiles > limits.processors) break;
    if (10 * (limits.processors / tiles) * tiles >= 9 * limits.processors) plan = narrower;
  }
  return plan;
}

// The same, if they are worth sharing.
std::optional<Plan> fit_paying_batch_tiles(const Problem& problem, const Limits& limits) {
  auto plan = fit_batch_tiles(problem, limits);
  if (plan && !is_worth_sharing(problem, limits, *plan)) plan.reset();
  return plan;
}

std::optional<Plan> fit_column_batch(const Problem& problem, const Limits& limits) {
  const auto plan = fit_batch_tiles(problem, limits);
  if (!plan) return {};
  return share_tiles(*plan, limits, size_of(problem.dtype), 1);
}

bool column_grid_pays(const Problem& problem, const Limits& limits) {
  const auto plan = fit_grid_tiles(problem, limits);
  return plan && is_worth_sharing(problem, limits, *plan);
}

std::optional<Plan> fit_column_grid(const Problem& problem, const Limits& limits) {
  const auto plan = fit_grid_tiles(problem, limits);
  if (!plan) return {};
  return share_tiles(*plan, limits, size_of(problem.dtype), kColumnGridTurns);
}

}  // namespace

bool column_batch_pays(const Problem& problem, const Limits& limits) {
  return fit_paying_batch_tiles(problem, limits).has_value();
}

bool column_batch_pays_in_one_round(const Problem& problem, const Limits& limits) {
  const auto plan = fit_paying_batch_tiles(problem, limits);
  return plan && plan->tiling.boxes() <= grid_round(*plan, limits);
}

Kernels column_kernels() {
  return {
      {"column_warp", fit_column_warp, column_warp_pays},
      {"column_front", fit_column_front, column_front_pays},
      {"column_ring", fit_column_ring, column_ring_pays},
      {"column_thread", fit_column_thread, column_thread_pays},
      {"column_short", fit_column_short, column_short_pays},
      {"column_stage", fit_column_stage, always},
      {"column_flat", fit_column_flat, column_flat_pays},
      {"column_batch", fit_column_batch, column_batch_pays},
      {"column_grid", fit_column_grid, column_grid_pays},
      {"column_tile", fit_column_tile, always},
  };
}

}  // namespace torch_argmax::cuda
