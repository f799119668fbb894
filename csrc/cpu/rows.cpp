// rows: contiguous rows, or pieces of them, one after the other.

#include "kernel.h"

namespace torch_argmax::cpu {
namespace {

template <class T, Order order>
void rows(const Work& work, const Box& box) {
  const int length = static_cast<int>(box.reduce.size());
  for (int64_t row = box.outer.begin; row < box.outer.end; ++row) {
    const Place place = work.outer_at(row);
    const T* elements = static_cast<const T*>(work.input) + place.offset + box.reduce.begin;
    Candidate<Rank<T, order>, int> best{rank_of<order>(elements[0]), 0};
    for (int i = 1; i < length; ++i) {
      // A branch, not a select: the best changes about log(length) times, and is predicted.
      const auto rank = rank_of<order>(elements[i]);
      if (beats(rank, best.rank)) best = {rank, i};
    }
    const int64_t position = box.reduce.begin + best.index;
    store<T>(work, box, row, place, best.rank, position * work.reduced().step);
  }
}

const Registration registration("rows", [](auto type, auto order) {
  return &rows<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cpu
