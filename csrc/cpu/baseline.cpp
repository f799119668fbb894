// The kernels in the instructions that every machine of an architecture has.

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernel.h"
#include "plan.h"
#include "vector.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace torch_argmax::cpu::baseline {

constexpr Instructions kSet = Instructions::Baseline;
#include "simd_baseline.h"

#include "generic/kernels.h"

#include "generic/registrations.h"

}  // namespace torch_argmax::cpu::baseline
