#pragma once

#include "../plan.h"
#include "../portable.h"

namespace torch_argmax::cuda {

// The kernels of this device, in order of preference. Each is in kernels/<name>.cu.
const Kernels& kernels();

constexpr int64_t kMaxGrid = (int64_t{1} << 31) - 1;

// A warp whose first vector begins a cache line touches the fewest lines.
constexpr int kLineBytes = 128;

// Room in shared memory for a copy of so many bytes, of which each keeps its place in a cache line.
constexpr TA_HOST_DEVICE int copy_bytes(int bytes) {
  return (bytes + kLineBytes - 1) / kLineBytes * kLineBytes + kLineBytes;
}

// Threads that every kernel's __launch_bounds__ let an SM hold, by 64 registers each; as many
// blocks of a cooperative launch can count on being resident together.
constexpr int kResidentThreads = 1024;

// Launch shapes that a kernel's __launch_bounds__ and shared memory are sized by.
constexpr int kRowVectorThreads = 256;
constexpr int kStageThreads = 128;
constexpr int kRowWarpThreads = 256;
constexpr int kMaxRowBlockThreads = 1024;
constexpr int kRowClusterThreads = 256;
constexpr int kRowGridThreads = 512;
constexpr int kColumnTileThreads = 512;
constexpr int kColumnThreadThreads = 512;
constexpr int kColumnShortThreads = 96;
constexpr int kMaxColumnWarps = 16;
// column_flat: of a block whose turns are of whole vectors, and of one whose turns are of whole
// lines, of which an SM has two. With up to 320, us before and with 576 (H100, 2026-11-27): (256,
// 4096, 33) float32 58.7, 58.1; (264, 4096, 33) 60.9, 58.8; (256, 2048, 35) float64 64.4, 60.8.
constexpr int kUsualColumnFlatThreads = 256;
constexpr int kColumnFlatThreads = 576;
constexpr int kColumnGridThreads = 512;
constexpr int kStridedThreads = 256;
constexpr int kStridedGridThreads = 512;

// row_stage, column_stage: the longest run that they copy.
constexpr int kStageBytes = 16 << 10;

// strided_lines: elements of a row, or of a column, that its lanes take at a time.
constexpr TA_HOST_DEVICE int line_piece(bool by_columns, int lanes) {
  return by_columns ? 32 * lanes : 8 << 10;
}

// Items of a part of strided_grid.
constexpr int kStridedPart = 8 * kStridedGridThreads;

// Blocks of the largest cluster that every GPU with clusters has, and that any has.
constexpr int kPortableCluster = 8;
constexpr int kMaxCluster = 16;

// column_front: slots of a block for turns, of which one is looked at and the others are under way;
// and elements of a slab's neighbouring results that a block looks at together, 8 for each thread.
constexpr int kColumnFrontThreads = 1024;
constexpr int kMaxFronts = 8;
constexpr int kFrontSlots = 3;
constexpr int kFrontColumns = 8 * kColumnFrontThreads;
// An element's rank and the index of its row are combined as one word of 8 bytes.
constexpr int kMaxFrontElement = 4;
constexpr int kMaxTurnBytes = 48 << 10;

// column_ring: bytes of a chunk, and chunks in the ring. 4 fit the 99 KB that a block of any GPU
// since sm_80 may have. Of float32, (128, 4096, 4095) took 2760 us and not 2743 with 6 of 32 KB,
// and 2849 with 3 of 32 KB, of which only one is under way (H100, 2026-11-24).
constexpr int kColumnRingThreads = 1024;
constexpr int kRingChunkBytes = 24 << 10;
constexpr int kRingStages = 4;
constexpr int kMaxRingStages = 8;
// Columns of one result each that it can have: 4 a thread.
constexpr int kRingColumns = 4 * kColumnRingThreads;

// What a thread has in flight, where its kernel does not say otherwise.
constexpr int kThreadBytes = 64;

// Rows of so many bytes that a thread of row_vector reads together: of 4, 8, 16 and 32 bytes. Of
// others, which are whole vectors of 8 bytes, it reads one.
constexpr int kRowVectorBytes = 8;
constexpr TA_HOST_DEVICE int rows_of_vectors(int64_t bytes) {
  return bytes == 32 ? 2 : bytes == 16 || bytes == 8 || bytes == 4 ? 4 : 1;
}

// Neighbouring columns that one thread owns: 16 bytes, but no more than 8.
constexpr TA_HOST_DEVICE int columns_per_thread(int element_size) {
  return element_size == 1 ? 8 : 16 / element_size;
}

// Columns that a thread of column_short has at once.
constexpr int kShortColumns = 4;

// Rows that a warp of column_warp has in flight.
constexpr int kColumnWarpRows = 8;

// A thread of column_grid or column_batch has more registers than others, an SM only one block, and
// so each more bytes in flight. A part of column_grid is what it reads in so many turns, of
// column_batch in one.
constexpr int kColumnGridThreadBytes = 2 * kThreadBytes;
constexpr int kColumnGridTurns = 2;

}  // namespace torch_argmax::cuda
