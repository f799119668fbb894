// rows: contiguous rows, or pieces of them. A row that is long enough is scanned as if it were many
// short ones below each other, in columns that are folded into one at the end; short rows are
// scanned many at a time, as columns that lie a row apart.

#include "kernel.h"
#include "scan.h"

namespace torch_argmax::cpu {
namespace {

// Of a row that is scanned as many short ones.
constexpr int kColumns = 64;
// Folding the columns costs about as much as scanning 2 or 3 lines of them.
constexpr int kMinLines = 4;

// Short rows that are scanned together: 32 fill the registers of every set, and are not so few that
// compilers unroll the loop over them before they vectorize it. Bytes that lie apart cost more to
// gather than it spares. On an EPYC with AVX-512, 2026-11-24, ms together and otherwise: one
// thread, (65536, 256) float32 9.8, 12.5, (32768, 512) 12.1, 6.7; two, (1048576, 64) uint8 64, 43.
constexpr int kRows = 32;
constexpr int short_length(int element_size) {
  return element_size == 1 ? 0 : 512;
}

// The best of `row[0, length)`.
template <Order order, class T>
TA_ALWAYS_INLINE Candidate<Rank<T, order>, int> best_of(const T* row, int length) {
  Candidate<Rank<T, order>, int> best{rank_of<order>(row[0]), 0};
  int scanned = 1;
  if (const int lines = length / kColumns; lines >= kMinLines) {
    Rank<T, order> ranks[kColumns];
    int indices[kColumns];
    scan<order>(row, kColumns, lines, kColumns, ranks, indices);
    // Rank first, then the first index that has it: neither has a branch to mispredict.
    for (int c = 0; c < kColumns; ++c)
      best.rank = beats(ranks[c], best.rank) ? ranks[c] : best.rank;
    best.index = length;
    for (int c = 0; c < kColumns; ++c) {
      const int index = indices[c] * kColumns + c;
      const bool wins = !beats(best.rank, ranks[c]) & (index < best.index);
      best.index = wins ? index : best.index;
    }
    scanned = lines * kColumns;
  }
  for (int i = scanned; i < length; ++i)
    best.see(rank_of<order>(row[i]), i);
  return best;
}

template <class T, Order order>
struct Rows {
  static TA_ALWAYS_INLINE void run(const Work& work, const Box& box) {
    const T* input = static_cast<const T*>(work.input) + box.reduce.begin;
    const int length = static_cast<int>(box.reduce.size());
    int64_t row = box.outer.begin;
    if (length < short_length(sizeof(T)) && work.outer_count == 1) {
      for (; row + kRows <= box.outer.end; row += kRows) {
        Rank<T, order> ranks[kRows];
        int indices[kRows];
        scan<order>(input + work.even_outer_at(row).offset, 1, length, kRows, ranks, indices,
                    work.outer_stride);
        for (int r = 0; r < kRows; ++r) {
          store<T>(work, box.split, row + r, work.even_outer_at(row + r), ranks[r],
                   (box.reduce.begin + indices[r]) * work.reduced_step);
        }
      }
    }
    for (; row < box.outer.end; ++row) {
      const Place place = work.outer_at(row);
      const auto best = best_of<order>(input + place.offset, length);
      const int64_t position = box.reduce.begin + best.index;
      store<T>(work, box.split, row, place, best.rank, position * work.reduced_step);
    }
  }
};

const Registration registration("rows", [](auto type, auto order) {
  return &run_with_best<Rows<typename decltype(type)::type, decltype(order)::value>>;
});

}  // namespace
}  // namespace torch_argmax::cpu
