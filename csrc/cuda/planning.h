#pragma once
// What the plans of rows, of columns and of anything else have in common.

#include "../work.h"
#include "plan.h"

namespace torch_argmax::cuda {

// The kernels of contiguous rows, and those of columns that lie side by side.
Kernels row_kernels();
Kernels column_kernels();

// Of those, the ones of large slabs.
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

// Of so many runs of so many bytes, those that a block of row_stage or column_stage copies.
int64_t stage_tile(int64_t runs, int64_t bytes, const Limits& limits);

}  // namespace torch_argmax::cuda
