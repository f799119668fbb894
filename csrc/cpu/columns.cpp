// columns: neighbouring elements belong to neighbouring results. A task walks down the rows of a
// tile of columns, as memory lies, with the columns' candidates in arrays that compilers vectorize
// over.

#include "kernel.h"
#include "plan.h"
#include "scan.h"

namespace torch_argmax::cpu {
namespace {

template <class T, Order order>
struct Columns {
  static TA_ALWAYS_INLINE void run(const Work& work, const Box& box) {
    Rank<T, order> ranks[kMaxColumns];
    int indices[kMaxColumns];
    const int length = static_cast<int>(box.reduce.size());
    const int width = static_cast<int>(box.inner.size());
    const int64_t stride = work.reduced_stride;
    for (int64_t outer = box.outer.begin; outer < box.outer.end; ++outer) {
      const Place place = work.outer_at(outer);
      const T* row = static_cast<const T*>(work.input) + place.offset + box.reduce.begin * stride +
                     box.inner.begin;
      scan<order>(row, stride, length, width, ranks, indices);
      for (int c = 0; c < width; ++c) {
        const int64_t inner = box.inner.begin + c;
        const int64_t position = box.reduce.begin + indices[c];
        store<T>(work, box.split, outer * work.inner.size + inner, work.inner_at(place, inner),
                 ranks[c], position * work.reduced_step);
      }
    }
  }
};

const Registration registration("columns", [](auto type, auto order) {
  return &run_with_best<Columns<typename decltype(type)::type, decltype(order)::value>>;
});

}  // namespace
}  // namespace torch_argmax::cpu
