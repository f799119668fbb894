// rows: contiguous rows, or pieces of them, one after the other. A row that is long enough is
// scanned as if it were many short ones below each other, in columns that are folded into one at
// the end.

#include "kernel.h"
#include "scan.h"

namespace torch_argmax::cpu {
namespace {

constexpr int kColumns = 64;
// Folding the columns costs about as much as scanning 2 or 3 lines of them.
constexpr int kMinLines = 4;

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
    for (int64_t row = box.outer.begin; row < box.outer.end; ++row) {
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
