// The CPU backend: describe, plan, and run the boxes on ATen's threads.

#include <ATen/Parallel.h>

#include "../backend.h"
#include "../ops.h"
#include "../work.h"
#include "kernel.h"
#include "plan.h"

#if defined(__linux__) && AT_PARALLEL_OPENMP && !defined(_OPENMP)
#error "without -fopenmp at::parallel_for runs in one thread"
#endif

namespace torch_argmax::cpu {
namespace {

// Combines the candidates of each result.
template <class T, Order order>
void merge(const Work& work) {
  using R = Rank<T, order>;
  const R* ranks = static_cast<const R*>(work.candidate_ranks);
  const int64_t spacing = work.tiling.results();
  for (int64_t result = 0; result < spacing; ++result) {
    Candidate<R, int64_t> best{ranks[result], work.candidate_indices[result]};
    for (int64_t i = 1; i < work.candidates; ++i)
      best.merge(ranks[i * spacing + result], work.candidate_indices[i * spacing + result]);
    store_result<T>(work, work.result_at(result), best.index);
  }
}

void run(const at::Tensor& self, Order order, int64_t dim, const at::Tensor& indices,
         const at::Tensor& values) {
  const Problem problem = describe(self, order, dim);
  const Plan plan = choose(kernels(), problem, limits());
  std::vector<int64_t> scratch(ceil_div(scratch_bytes(plan), sizeof(int64_t)));
  const Work work =
      make_work(problem, plan, self.const_data_ptr(), indices.mutable_data_ptr<int64_t>(),
                values.defined() ? values.mutable_data_ptr() : nullptr, scratch.data());
  const Function function = find(plan.kernel->name, problem.dtype, order);
  at::parallel_for(0, plan.blocks, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t number = begin; number < end; ++number)
      function(work, work.tiling.box(number));
  });
  if (plan.candidates > 1) {
    visit(problem.dtype, [&](auto type) {
      visit(order, [&](auto constant) { merge<typename decltype(type)::type, constant>(work); });
    });
  }
}

}  // namespace

Limits limits() {
  return {at::in_parallel_region() ? 1 : at::get_num_threads(), 1};
}

}  // namespace torch_argmax::cpu

TORCH_LIBRARY_IMPL(torch_argmax, CPU, library) {
  torch_argmax::implement<torch_argmax::cpu::run>(library);
}
