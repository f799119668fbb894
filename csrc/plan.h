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

// The space outer x reduce x inner cut into equal boxes. Boxes are numbered inner tile fastest,
// then split, then outer tile, so that neighbours in time are neighbours in memory.
struct Tiling {
  int64_t outer, reduce, inner;                 // the extents of the space
  int64_t outer_tile, reduce_tile, inner_tile;  // the extents of a box

  static TA_HOST_DEVICE int64_t pieces(int64_t extent, int64_t tile) {
    return (extent + tile - 1) / tile;
  }
  TA_HOST_DEVICE int64_t splits() const { return pieces(reduce, reduce_tile); }
  TA_HOST_DEVICE int64_t boxes() const {
    return pieces(outer, outer_tile) * splits() * pieces(inner, inner_tile);
  }
  TA_HOST_DEVICE Box box(int64_t number) const {
    const int64_t inner_tiles = pieces(inner, inner_tile);
    const int64_t inner_begin = number % inner_tiles * inner_tile;
    number /= inner_tiles;
    const int64_t split = number % splits();
    const int64_t outer_begin = number / splits() * outer_tile;
    return {clip(outer_begin, outer_tile, outer), clip(split * reduce_tile, reduce_tile, reduce),
            clip(inner_begin, inner_tile, inner), split};
  }

 private:
  static TA_HOST_DEVICE Range clip(int64_t begin, int64_t tile, int64_t extent) {
    return {begin, begin + tile < extent ? begin + tile : extent};
  }
};

// Within a box the kernels count elements of the reduced dimension in 32 bits.
constexpr int64_t kMaxReduceTile = int64_t{1} << 30;

struct Kernel;

struct Plan {
  const Kernel* kernel = nullptr;
  Tiling tiling{};
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

// The plan of the first kernel that fits; or of the kernel named by ForceKernel, which must fit.
// Throws std::invalid_argument if it does not, or if the list has no kernel of that name.
Plan choose(const Kernels& kernels, const Problem& problem, const Limits& limits);

// The kernel that every plan of this thread is made for, by name; empty for the first that fits.
std::string& forced_kernel();

}  // namespace torch_argmax
