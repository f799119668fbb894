#pragma once
// What a kernel is to the backend, and what kernels of every instruction set share.

#include <algorithm>
#include <string_view>

#include "../registry.h"
#include "../work.h"
#include "instructions.h"

namespace torch_argmax::cpu {

// Reduces one box.
using Function = void (*)(const Work& work, const Box& box);

// Each set has a table of its own, in which its kernels are registered by the names in the
// planner's list.
template <Instructions set>
struct Compiled {
  Function function;
};
template <Instructions set>
using Registration = torch_argmax::Registration<Compiled<set>>;

// A kernel of the set in use.
inline Function find(std::string_view name, DType dtype, Order order) {
  switch (instructions()) {
    case Instructions::Avx512:
      return Registration<Instructions::Avx512>::find(name, dtype, order).function;
    case Instructions::Avx2:
      return Registration<Instructions::Avx2>::find(name, dtype, order).function;
    case Instructions::Baseline:
      break;
  }
  return Registration<Instructions::Baseline>::find(name, dtype, order).function;
}

// Elements from the input's first to past its last.
inline int64_t extent(const Work& work) {
  int64_t last = (work.inner_size - 1) * work.inner_stride;
  for (int i = 0; i < work.outer_count + work.reduce_count; ++i)
    last += (work.dims[i].size - 1) * work.dims[i].stride;
  return last + 1;
}

// Results whose elements and places lie evenly, and what a box says of them. A copy: what a kernel
// writes might as well be a part of Work, for all that compilers know.
template <class T, Order order>
class Run {
 public:
  const T* input;  // of the box's first element of the first result
  int64_t stride;  // to the same of the next
  int64_t size;

  // The results of a box without inner dimension from `first` on, until a slower dimension of outer
  // takes a step.
  static TA_INLINE Run along_outer(const Work& work, const Box& box, int64_t first) {
    int64_t size = box.outer.end - first;
    if (work.outer_count > 1) {
      const int64_t fastest = work.dims[work.outer_count - 1].size;
      size = std::min(size, fastest - first % fastest);
    }
    return {work, box, first, work.outer_at(first), {size, work.outer_stride, work.outer_step}};
  }

  // The results along a box's inner dimension.
  static TA_INLINE Run along_inner(const Work& work, const Box& box, int64_t outer) {
    return {work,
            box,
            outer * work.tiling.space().inner + box.inner.begin,
            work.inner_at(work.outer_at(outer), box.inner.begin),
            {box.inner.size(), work.inner_stride, work.inner_step}};
  }

  // Writes a result, or a candidate for it: its best is number `position` of the box's elements.
  TA_INLINE void put(int64_t i, int64_t position) const {
    indices_[i * step_] = (begin_ + position) * reduced_step_;
    if (more_) put_more(i, position);
  }

  // The same for `count` neighbours, of which `first` is the first.
  template <class Position>
  TA_INLINE void put_all(int64_t first, int64_t count, const Position* positions) const {
    if (plain_) {
      for (int64_t i = 0; i < count; ++i)
        indices_[first + i] = begin_ + positions[i];
    } else {
      for (int64_t i = 0; i < count; ++i)
        put(first + i, positions[i]);
    }
  }

 private:
  TA_INLINE Run(const Work& work, const Box& box, int64_t result, Place place, Dim along)
      : stride(along.stride),
        size(along.size),
        begin_(box.reduce.begin),
        reduced_stride_(work.reduced_stride),
        reduced_step_(work.reduced_step) {
    input = static_cast<const T*>(work.input) + place.offset + begin_ * reduced_stride_;
    if (work.candidates > 1) {
      const int64_t at = box.split * work.tiling.results() + result;
      step_ = 1;
      indices_ = work.candidate_indices + at;
      ranks_ = static_cast<Rank<T, order>*>(work.candidate_ranks) + at;
    } else {
      step_ = along.step;
      indices_ = work.indices + place.step;
      if (work.values) values_ = static_cast<T*>(work.values) + place.step;
    }
    more_ = values_ || ranks_;
    plain_ = !more_ && step_ == 1 && reduced_step_ == 1;
  }

  TA_INLINE void put_more(int64_t i, int64_t position) const {
    const T element = input[i * stride + position * reduced_stride_];
    if (values_) values_[i * step_] = element;
    if (ranks_) ranks_[i] = rank_of<order>(element);
  }

  int64_t begin_;
  int64_t reduced_stride_;
  int64_t reduced_step_;
  int64_t step_;
  bool more_;   // to write than indices
  bool plain_;  // nothing more, side by side, and as they are counted
  int64_t* indices_;
  T* values_ = nullptr;
  Rank<T, order>* ranks_ = nullptr;
};

}  // namespace torch_argmax::cpu
