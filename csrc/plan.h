#pragma once
// Plan: a problem cut into boxes, and the kernel that reduces them. A plan is a value that follows
// from the problem and the device's limits alone; making one needs neither nvcc nor a GPU.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "portable.h"
#include "problem.h"

namespace torch_argmax {

inline int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

struct Range {
  int64_t begin;
  int64_t end;

  TA_HOST_DEVICE int64_t size() const { return end - begin; }
};

// What one block (CUDA) or one task (CPU) reduces.
struct Box {
  Range outer;
  Range reduce;
  Range inner;
  int64_t split;  // which of the pieces of the reduced dimension this is
};

struct Extents {
  int64_t outer;
  int64_t reduce;
  int64_t inner;

  bool operator==(const Extents& other) const {
    return outer == other.outer && reduce == other.reduce && inner == other.inner;
  }
};

// The space outer x reduce x inner cut into equal boxes. Boxes are numbered inner tile fastest,
// then split, then outer tile, so that neighbours in time are neighbours in memory.
class Tiling {
 public:
  Tiling() = default;
  Tiling(Extents space, Extents tile)
      : outer_(space.outer),
        reduce_(space.reduce),
        outer_tile_(tile.outer),
        reduce_tile_(tile.reduce),
        inner_(space.inner),
        splits_(ceil_div(space.reduce, tile.reduce)),
        inner_tile_(tile.inner),
        inner_tiles_(ceil_div(space.inner, tile.inner)) {
    boxes_ = ceil_div(outer_, outer_tile_) * splits_ * inner_tiles_;
  }

  TA_HOST_DEVICE Extents space() const { return {outer_, reduce_, inner_}; }
  TA_HOST_DEVICE Extents tile() const { return {outer_tile_, reduce_tile_, inner_tile_}; }
  TA_HOST_DEVICE int64_t splits() const { return splits_; }
  TA_HOST_DEVICE int64_t inner_tiles() const { return inner_tiles_; }
  TA_HOST_DEVICE int64_t boxes() const { return boxes_; }
  TA_HOST_DEVICE int64_t results() const { return outer_ * inner_; }

  TA_HOST_DEVICE Box box(int64_t number) const {
    if (number < inner_tiles_) return box(0, 0, number);
    const int64_t rest = quotient(number, inner_tiles_);
    const int64_t outer = splits_ == 1 ? rest : quotient(rest, splits_);
    return box(outer, rest - outer * splits_, number - rest * inner_tiles_);
  }

  // The same by its coordinates, which takes no divisions.
  TA_HOST_DEVICE Box box(int64_t outer, int64_t split, int64_t inner) const {
    return {range(outer, outer_tile_, outer_), range(split, reduce_tile_, reduce_),
            range(inner, inner_tile_, inner_), split};
  }

  bool operator==(const Tiling& other) const {
    return space() == other.space() && tile() == other.tile();
  }

 private:
  static TA_HOST_DEVICE Range range(int64_t piece, int64_t tile, int64_t extent) {
    const int64_t begin = piece * tile;
    return {begin, begin + tile < extent ? begin + tile : extent};
  }

  // In the order in which Work wants them.
  int64_t outer_ = 0;
  int64_t reduce_ = 0;
  int64_t outer_tile_ = 0;
  int64_t reduce_tile_ = 0;
  int64_t inner_ = 0;
  int64_t boxes_ = 0;
  int64_t splits_ = 0;
  int64_t inner_tile_ = 0;
  int64_t inner_tiles_ = 0;
};

// Within a box the kernels count elements of the reduced dimension in 32 bits.
constexpr int64_t kMaxReduceTile = int64_t{1} << 30;

struct Kernel;

struct Plan {
  const Kernel* kernel = nullptr;
  Tiling tiling;
  int64_t blocks = 0;  // CUDA: the grid, each block taking boxes grid-stride; CPU: tasks
  int threads = 1;     // of a block
  // Of those threads, how many share one result; of column_front, column_ring and
  // column_flat, rows that are looked at together.
  int lanes = 1;
  int cluster = 1;       // of the blocks, how many combine what they found in shared memory
  int shared_bytes = 0;  // of a block, besides what its kernel declares
  // For each result, those that are left in scratch memory to be combined; with 1, nothing is.
  int64_t candidates = 1;
  // Of column_front: places at which blocks read at a time. What they find is combined where it is
  // left.
  int fronts = 0;
  // Of strided_lines: the reduced dimensions that are faster than the one along which lines are.
  int faster = 0;
  // CUDA: of the input, the bytes from its beginning that are the first to leave the L2 cache.
  int64_t evict_first_bytes = 0;

  // CUDA: whether all blocks meet, which must be resident together.
  bool has_barrier() const { return candidates > 1 || fronts > 0; }

  bool operator==(const Plan& other) const;
};

std::string to_string(const Plan& plan);

// What a plan may rely on.
struct Limits {
  int processors = 1;   // the SMs of a GPU, the worker threads of a CPU
  int max_cluster = 1;  // thread blocks of a cluster; GPUs before sm_90 have no clusters
  int shared_bytes =
      99 << 10;              // shared memory that a thread block may have: of sm_86, sm_89, sm_120
  int64_t window_bytes = 0;  // of memory for which a launch can set an access policy; GPUs only
};

// A row of the list of kernels: `fit` gives a plan, or nothing if the kernel does not serve the
// problem; `pays` says whether it is worth choosing for one that it serves. How it is run is the
// business of its device.
struct Kernel {
  const char* name;
  std::optional<Plan> (*fit)(const Problem& problem, const Limits& limits);
  bool (*pays)(const Problem& problem, const Limits& limits);
};

inline bool always(const Problem&, const Limits&) {
  return true;
}

// The kernels of a device, in order of preference.
using Kernels = std::vector<Kernel>;

// The plan of the first kernel that pays and fits; or of the one that forced_kernel() names, which
// must fit. Raises a ValueError if it does not, or if the list has no kernel of that name.
Plan choose(const Kernels& kernels, const Problem& problem, const Limits& limits);

// The kernel that every plan of this thread is made for, by name; empty for the one that pays.
std::string& forced_kernel();

}  // namespace torch_argmax
