// column_flat: neighbouring elements belong to neighbouring results, and short rows lie end to end,
// wherever they begin.
//
//   block:  a run of whole rows, read as one stream of vectors
//   turn:   `lanes` rows, which are whole vectors: one for each thread
//   thread: a vector of every turn: each of its elements stays in one column
//   then:   candidates of the same column are folded through shared memory

#include "../fold.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"

namespace torch_argmax::cuda {
namespace {

// Of a box, what is wanted again when its results are stored. In shared memory, as with two of the
// largest blocks on an SM a thread has 56 registers: where it was computed again or spilled, short
// reductions took up to 0.6 us or 11 % more (H100, 2026-11-27).
struct Destination {
  Place outer;
  int64_t split;
  int64_t first_result;
  int64_t first_row;
};

template <class T, Order order>
__global__ void __launch_bounds__(kColumnFlatThreads, 2)
    column_flat(const __grid_constant__ FewDimsWork work) {
  constexpr int kColumns = columns_per_thread(sizeof(T)), kBytes = kColumns * sizeof(T);
  constexpr int kUnroll = kThreadBytes / kBytes;
  extern __shared__ uint4 memory[];
  __shared__ Destination to;
  const int columns = static_cast<int>(work.tiling.space().inner), lanes = work.lanes;
  const int period = lanes * columns;
  const Folded<Rank<T, order>> folded(memory, period);
  const int64_t boxes = work.tiling.boxes();
  for (int64_t number = blockIdx.x; number < boxes; number += gridDim.x) {
    const Box box = work.tiling.box(number);
    const Place outer = work.outer_at(box.outer.begin);
    if (threadIdx.x == 0) to = {outer, box.split, box.outer.begin * columns, box.reduce.begin};
    const T* run = static_cast<const T*>(work.input) + outer.offset + box.reduce.begin * columns;
    const int64_t length = box.reduce.size() * columns;
    const int skew = static_cast<int>(reinterpret_cast<uintptr_t>(run) % kBytes / sizeof(T));
    // Of this thread's first vector. Only the first thread's may begin before the run.
    const int first = threadIdx.x * kColumns - skew;
    Candidate<Rank<T, order>, int> best[kColumns];
    if (first + skew < period) {
      // The turns in which this thread's vector is of the run as a whole.
      const int begin = first < 0;
      const int64_t left = length - kColumns - first;
      const int end = left < 0 ? 0 : static_cast<int>(quotient(left, period)) + 1;
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        best[c] = {lowest<Rank<T, order>>(), begin};
      const T* vectors = run + first;
      for (int turn = begin; turn < end; turn += kUnroll) {
        // Past the end the last vector is looked at again, which changes nothing.
        Vector<T, kBytes> loaded[kUnroll];
#pragma unroll
        for (int u = 0; u < kUnroll; ++u)
          loaded[u] = Vector<T, kBytes>::load(vectors + int64_t{min(turn + u, end - 1)} * period);
#pragma unroll
        for (int u = 0; u < kUnroll; ++u) {
#pragma unroll
          for (int c = 0; c < kColumns; ++c)
            best[c].see(rank_of<order>(loaded[u][c]), turn + u);
        }
      }
      // What the run has of the vectors in which it begins and ends.
      const auto see_part = [&](int turn) {
        const int64_t at = int64_t{turn} * period;
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
          const bool is_inside = at + first + c >= 0 && at + c < left + kColumns;
          if (is_inside) best[c].merge(rank_of<order>(vectors[at + c]), turn);
        }
      };
      if (begin > 0) see_part(0);
      if (end >= begin) see_part(end);
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        // A place before the run is one of the turn before.
        const bool precedes = first + c < 0;
        const int place = first + c + (precedes ? period : 0);
        const int row = (best[c].index - precedes) * lanes + static_cast<unsigned>(place) / columns;
        folded.leave(place, best[c].rank, row);
      }
    }
    folded.fold(lanes, columns, [&](int column, int row, auto rank) {
      store<T>(work, to.split, to.first_result + column, work.inner_at(to.outer, column),
               key_of(rank), (to.first_row + row) * work.reduced_step);
    });
  }
  combine_in_grid<T, order>(work);
}

const Registration registration("column_flat", [](auto type, auto order) {
  return &column_flat<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
