#pragma once

#include "../registry.h"
#include "../work.h"
#include "instructions.h"

namespace torch_argmax::cpu {

// Reduces one box. Each kernel file registers its instantiations by the name in the planner's list.
using Function = void (*)(const Work& work, const Box& box);
using Registration = torch_argmax::Registration<Function>;

// `Kernel::run(work, box)`, which is always inlined, compiled for each instruction set.
template <class Kernel>
TA_TARGET_AVX2 void run_with_avx2(const Work& work, const Box& box) {
  Kernel::run(work, box);
}
template <class Kernel>
TA_TARGET_AVX512 void run_with_avx512(const Work& work, const Box& box) {
  Kernel::run(work, box);
}
template <class Kernel>
void run_with_best(const Work& work, const Box& box) {
  switch (instructions()) {
    case Instructions::Avx512:
      return run_with_avx512<Kernel>(work, box);
    case Instructions::Avx2:
      return run_with_avx2<Kernel>(work, box);
    case Instructions::Baseline:
      return Kernel::run(work, box);
  }
}

}  // namespace torch_argmax::cpu
