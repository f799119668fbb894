// The kernels in AVX-512.

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

namespace torch_argmax::cpu::avx512 {

constexpr Instructions kSet = Instructions::Avx512;

TA_TARGET_BEGIN("avx2,bmi,avx512f,avx512bw,avx512dq,avx512vl")
#include "simd_avx512.h"

#include "generic/kernels.h"
TA_TARGET_END

#include "generic/registrations.h"

}  // namespace torch_argmax::cpu::avx512

#endif
