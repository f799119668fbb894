#pragma once
// What the plans of rows, of columns and of anything else have in common.

#include "../work.h"
#include "plan.h"

namespace torch_argmax::cuda {

// The kernels of contiguous rows, those of columns that lie side by side, and those of anything
// else.
Kernels row_kernels();
Kernels column_kernels();
Kernels strided_kernels();

// Of columns, the ones of large slabs.
std::optional<Plan> fit_column_front(const Problem& problem, const Limits& limits);
bool column_front_pays(const Problem& problem, const Limits& limits);
std::optional<Plan> fit_column_ring(const Problem& problem, const Limits& limits);
bool column_ring_pays(const Problem& problem, const Limits& limits);
// They leave to column_batch what it is better at; here also if all its blocks are resident at
// once.
bool column_batch_pays(const Problem& problem, const Limits& limits);
bool column_batch_pays_in_one_round(const Problem& problem, const Limits& limits);

constexpr int kWarp = 32;

int64_t round_up(int64_t a, int64_t multiple);
// The least that is `x` or more, and the greatest that is `x` or less; between 1 and `limit`.
int ceil_power_of_two(int64_t x, int limit);
int floor_power_of_two(int64_t x, int limit);

int64_t row_bytes(const Problem& problem);

// A plan in which every block has whole results.
Plan whole(Extents space, Extents tile, int threads, int lanes);

// Blocks that are resident at once.
int64_t resident_blocks(const Limits& limits, int threads);

// `plan` with a team of blocks for each box: all that are resident together, but no more than a box
// has parts.
Plan shared(Plan plan, int64_t resident, int64_t parts);

// `plan` with the reduced dimension cut so that the blocks fill the device, but into pieces of no
// less than `least` elements, which is a multiple of what a block reads at a time. It is not cut
// where the busiest SM would be spared less than the barrier costs.
Plan split(Plan plan, const Limits& limits, int element_size, int64_t least);
// The same, whatever it is that the busiest SM would be spared.
Plan cut(Plan plan, const Limits& limits, int64_t least);

// Runs of memory that lie evenly spaced, rows or slabs of columns, in tiles that blocks of
// row_stage or column_stage copy: of about 7 KB, and of whole rounds of results for their threads.
// A thread has a result, or lanes share it, each with 40 bytes or more, and with 80 of small
// elements that are not seen by vectors. Nothing for runs that are too long to copy.
//
// On an H100 (2026-11-27), us in tiles of 3, 4, 6, 8, 12, 16 and 24 KB: (4194304, 3) float16 29.3,
// 29.2, 27.5, 28.8, 33.2, 33.0, 35.8; (1000000, 3, 9) float32 69.3, 66.8, 63.3, 64.4, 64.4, 65.5,
// 65.6. With 1, 2, 4 and 8 lanes: (856763, 41) float32 55.5, 55.0, 54.6, 64.3, (836364, 21) float64
// 55.2, 54.8, 53.5, 58.4; (702545, 200) int8 55.9, 56.2, 54.7, 74.6; (1089218, 129) 57.4, 61.5,
// 78.2, 126.9. With 1, 2 and 3 rounds: (16, 21, 512, 512) float16 in channels_last 76.4, 78.9,
// 78.8; (347795, 101) float32 54.6, 57.3, 58.1.
std::optional<Plan> staged(Extents space, int element_size, const Limits& limits);

}  // namespace torch_argmax::cuda
