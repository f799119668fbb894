#include "work.h"

#include <algorithm>

namespace torch_argmax {

Work make_work(const Problem& problem, const Plan& plan, const void* input, int64_t* indices,
               void* values, void* scratch) {
  Work work;
  work.input = input;
  work.indices = indices;
  work.values = values;
  const int64_t candidates = plan.tiling.results() * plan.candidates;
  work.candidates = plan.candidates;
  work.fronts = plan.fronts;
  work.faster = plan.faster;
  work.candidate_indices = static_cast<int64_t*>(scratch);
  int64_t* const ranks = work.candidate_indices + (plan.fronts > 0 ? 0 : candidates);
  work.candidate_ranks = ranks;
  work.counters = reinterpret_cast<unsigned*>(ranks + candidates);
  work.tiling = plan.tiling;
  work.lanes = plan.lanes;
  work.inner_size = problem.inner.size;
  work.inner_stride = problem.inner.stride;
  work.inner_step = problem.inner.step;
  if (problem.outer.count > 0) {
    work.outer_stride = problem.outer.fastest().stride;
    work.outer_step = problem.outer.fastest().step;
  }
  const Dim& reduced = problem.reduce.dims[problem.reduce.count - 1 - plan.faster];
  work.reduced_stride = reduced.stride;
  work.reduced_step = reduced.step;
  work.reduced_size = reduced.size;
  work.outer_count = problem.outer.count;
  work.reduce_count = problem.reduce.count;
  Dim* next = std::copy_n(problem.outer.dims, problem.outer.count, work.dims);
  std::copy_n(problem.reduce.dims, problem.reduce.count, next);
  return work;
}

}  // namespace torch_argmax
