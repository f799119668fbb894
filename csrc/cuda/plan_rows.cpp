// The plans of contiguous rows.

#include <algorithm>

#include "planning.h"

namespace torch_argmax::cuda {
namespace {

// Rows, of which the parameters of a kernel hold the dimensions.
bool is_rows(const Problem& problem) {
  return problem.contiguous_rows() && problem.dims() <= kFewDims;
}

// The same, one of which begins as far from the last as the next from it.
bool is_even_rows(const Problem& problem) {
  return problem.contiguous_rows() && problem.outer.count <= 1;
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

// Up to 64 bytes, and of small elements 16 of which a thread reads several rows. On an H100
// (2026-11-27), us by row_vector, by row_stage, floor: (4194304, 8) int8 27.9, 31.0, 23.9; (524288,
// 8) float16 8.9, 9.4, 8.4; (2195456, 16) float32 54.7, 56.3, 55.4; (2927274, 6) float64 56.7,
// 57.3, 57.3; before row_stage was faster (1048576, 8)[:, :4] float16 13.5, 21.8, 12.8; but
// (1756364, 20) float32 58.7, 54.1, 55.0; (4194304, 32) int8 62.2, 58.9, 57.8; (4194304, 12)
// float16 67.6, 47.8, 46.5.
bool row_vector_pays(const Problem& problem, const Limits&) {
  const int64_t bytes = row_bytes(problem);
  const bool is_small = size_of(problem.dtype) < 4;
  return bytes <= 64 && (!is_small || (rows_of_vectors(bytes) > 1 && problem.reduce.size() <= 16));
}

// Evenly spaced rows of whole vectors, or of 4 bytes.
std::optional<Plan> fit_row_vector(const Problem& problem, const Limits&) {
  const int64_t rows = problem.results(), reduce = problem.reduce.size();
  const int64_t bytes = row_bytes(problem);
  if (!is_even_rows(problem) || reduce > kMaxReduceTile ||
      (bytes != 4 && bytes % kRowVectorBytes != 0)) {
    return {};
  }
  return whole({rows, reduce, 1}, {kRowVectorThreads * rows_of_vectors(bytes), reduce, 1},
               kRowVectorThreads, 1);
}

// Rows of up to 1 KB. On an H100 (2026-11-24), us by row_stage, by row_warp, floor: (65536, 256)
// float32 34.1, 37.6, 32.8; (65536, 1000) float16 60.9, 57.5, 55.0; float32 99.1, 97.8, 96.1.
bool row_stage_pays(const Problem& problem, const Limits&) {
  return row_bytes(problem) <= 1024;
}

// Evenly spaced rows.
std::optional<Plan> fit_row_stage(const Problem& problem, const Limits& limits) {
  if (!is_even_rows(problem)) return {};
  return staged({problem.results(), problem.reduce.size(), 1}, size_of(problem.dtype), limits);
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

}  // namespace

Kernels row_kernels() {
  return {
      {"row_vector", fit_row_vector, row_vector_pays},
      {"row_stage", fit_row_stage, row_stage_pays},
      {"row_warp", fit_row_warp, row_warp_pays},
      {"row_cluster", fit_row_cluster, row_cluster_pays},
      {"row_grid", fit_row_grid, row_grid_pays},
      {"row_block", fit_row_block, row_block_pays},
  };
}

}  // namespace torch_argmax::cuda
