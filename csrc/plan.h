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
      : space_(space),
        tile_(tile),
        splits_(pieces(space.reduce, tile.reduce)),
        inner_tiles_(pieces(space.inner, tile.inner)),
        boxes_(pieces(space.outer, tile.outer) * splits_ * inner_tiles_) {}

  TA_HOST_DEVICE const Extents& space() const { return space_; }
  TA_HOST_DEVICE const Extents& tile() const { return tile_; }
  TA_HOST_DEVICE int64_t splits() const { return splits_; }
  TA_HOST_DEVICE int64_t boxes() const { return boxes_; }

  TA_HOST_DEVICE Box box(int64_t number) const {
    const int64_t rest = quotient(number, inner_tiles_);
    const int64_t inner = number - rest * inner_tiles_;
    const int64_t outer = quotient(rest, splits_);
    const int64_t split = rest - outer * splits_;
    return {range(outer, tile_.outer, space_.outer), range(split, tile_.reduce, space_.reduce),
            range(inner, tile_.inner, space_.inner), split};
  }

  bool operator==(const Tiling& other) const {
    return space_ == other.space_ && tile_ == other.tile_;
  }

 private:
  static int64_t pieces(int64_t extent, int64_t tile) { return (extent + tile - 1) / tile; }

  static TA_HOST_DEVICE Range range(int64_t piece, int64_t tile, int64_t extent) {
    const int64_t begin = piece * tile;
    return {begin, begin + tile < extent ? begin + tile : extent};
  }

  Extents space_{};
  Extents tile_{};
  int64_t splits_ = 0;
  int64_t inner_tiles_ = 0;
  int64_t boxes_ = 0;
};

// Within a box the kernels count elements of the reduced dimension in 32 bits.
constexpr int64_t kMaxReduceTile = int64_t{1} << 30;

struct Kernel;

struct Plan {
  const Kernel* kernel = nullptr;
  Tiling tiling;
  int64_t blocks = 0;  // CUDA: the grid, each block taking boxes grid-stride; CPU: tasks
  int threads = 1;     // of a block
  int lanes = 1;       // of those threads, how many share one result

  bool operator==(const Plan& other) const;
};

std::string to_string(const Plan& plan);

// What a plan may rely on.
struct Limits {
  int processors = 1;             // the SMs of a GPU, the worker threads of a CPU
  int threads_per_processor = 1;  // resident at once
};

// A row of the list of kernels: `fit` gives a plan, or nothing if the kernel does not serve the
// problem. How it is run is the business of its device.
struct Kernel {
  const char* name;
  std::optional<Plan> (*fit)(const Problem& problem, const Limits& limits);
};

// The kernels of a device, in order of preference.
using Kernels = std::vector<Kernel>;

// The plan of the first kernel that fits; or of the one that forced_kernel() names, which must fit.
// Raises a ValueError if it does not, or if the list has no kernel of that name.
Plan choose(const Kernels& kernels, const Problem& problem, const Limits& limits);

// The kernel that every plan of this thread is made for, by name; empty for the first that fits.
std::string& forced_kernel();

}  // namespace torch_argmax
