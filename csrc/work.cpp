#include "work.h"

#include <algorithm>

namespace torch_argmax {

Work make_work(const Problem& problem, const Plan& plan, const void* input, int64_t* indices,
               void* values, void* scratch) {
  Work work;
  work.input = input;
  work.indices = indices;
  work.values = values;
  work.partial_indices = static_cast<int64_t*>(scratch);
  work.partial_ranks = static_cast<char*>(scratch) + scratch_bytes(plan.tiling) / 2;
  work.tiling = plan.tiling;
  work.lanes = plan.lanes;
  work.inner = problem.inner;
  work.outer_count = problem.outer.count;
  work.reduce_count = problem.reduce.count;
  Dim* next = std::copy_n(problem.outer.dims, problem.outer.count, work.dims);
  std::copy_n(problem.reduce.dims, problem.reduce.count, next);
  return work;
}

}  // namespace torch_argmax
