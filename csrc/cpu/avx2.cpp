// The kernels in AVX2.

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernel.h"
#include "plan.h"
#include "vector.h"

#if TA_HAS_TARGETS
#include <immintrin.h>

namespace torch_argmax::cpu::avx2 {

constexpr Instructions kSet = Instructions::Avx2;

TA_TARGET_BEGIN("avx2,bmi")
#include "simd_avx2.h"

#include "generic/kernels.h"
TA_TARGET_END

#include "generic/registrations.h"

}  // namespace torch_argmax::cpu::avx2

#endif
