#pragma once

#include "../order.h"
#include "instructions.h"

namespace torch_argmax::cpu {

// The one loop of it all: finds the best of each of `width` columns, `spacing` elements apart, over
// `length` rows that lie `stride` elements apart. Candidates are arrays and the columns its inner
// loop, so that compilers vectorize over them, NaN and all.
template <Order order, class T>
TA_ALWAYS_INLINE void scan(const T* __restrict row, int64_t stride, int length, int width,
                           Rank<T, order>* __restrict ranks, int* __restrict indices,
                           int64_t spacing = 1) {
  for (int c = 0; c < width; ++c) {
    ranks[c] = rank_of<order>(row[c * spacing]);
    indices[c] = 0;
  }
  for (int i = 1; i < length; ++i) {
    row += stride;
    for (int c = 0; c < width; ++c) {
      const auto rank = rank_of<order>(row[c * spacing]);
      const bool wins = beats(rank, ranks[c]);
      ranks[c] = wins ? rank : ranks[c];
      indices[c] = wins ? i : indices[c];
    }
  }
}

}  // namespace torch_argmax::cpu
