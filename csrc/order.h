#pragma once
// THE ordering rule, written once for the CPU and the GPU.
//
// An element has a *rank*; the greater rank wins, and of equal ranks the smaller index. NaN
// outranks everything, for the minimum too; all NaNs are equal, and so are +0 and -0. The order
// (Max or Min) is folded into the rank, so that nothing past this file knows of it. As a relation
// on (rank, index) this is a total order: combining is associative and commutative, and every
// schedule gives the same index.

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "dtypes.h"
#include "portable.h"

#ifdef __CUDACC__
#include <cuda_fp16.h>
#endif

namespace torch_argmax {

enum class Order : uint8_t { Max, Min };

inline const char* name_of(Order order) {
  return order == Order::Max ? "max" : "min";
}

// Calls `f(std::integral_constant<Order, ...>{})`: a run-time order becomes a compile-time one.
template <class F>
decltype(auto) visit(Order order, F&& f) {
  return order == Order::Max ? f(std::integral_constant<Order, Order::Max>{})
                             : f(std::integral_constant<Order, Order::Min>{});
}

// Does rank `a` win over rank `b` wherever they stand? False for equal ranks.
// `!(a <= b)` is true for a > b and for any NaN; only a NaN `b` cannot be beaten.
TA_HOST_DEVICE bool beats(float a, float b) {
  return !(a <= b) & (b == b);
}
TA_HOST_DEVICE bool beats(double a, double b) {
  return !(a <= b) & (b == b);
}
TA_HOST_DEVICE bool beats(int32_t a, int32_t b) {
  return a > b;
}
TA_HOST_DEVICE bool beats(int64_t a, int64_t b) {
  return a > b;
}

// Reversing a rank turns the maximum into the minimum. NaN stays NaN; ~x, unlike -x, has no
// overflow at the integer extremes.
TA_HOST_DEVICE float reverse(float x) {
  return -x;
}
TA_HOST_DEVICE double reverse(double x) {
  return -x;
}
TA_HOST_DEVICE int32_t reverse(int32_t x) {
  return ~x;
}
TA_HOST_DEVICE int64_t reverse(int64_t x) {
  return ~x;
}

// An element as something that compares, before the order is folded in. Small integers widen to 32
// bits, the width of a register; a bfloat16 is the upper half of a float32.
template <class T>
TA_HOST_DEVICE auto comparable(T x) {
  if constexpr (std::is_integral_v<T> && sizeof(T) < 4) {
    return static_cast<int32_t>(x);
  } else {
    return x;
  }
}
TA_HOST_DEVICE int32_t comparable(Bool x) {
  return x.byte != 0;
}
TA_HOST_DEVICE float comparable(BFloat16 x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float result;
  memcpy(&result, &bits, sizeof(result));
  return result;
}

#ifdef __CUDACC__
// One instruction on a GPU.
TA_HOST_DEVICE float comparable(Float16 x) {
  return __half2float(__half_raw{x.bits});
}
#endif

template <Order order, class T>
TA_HOST_DEVICE auto rank_of(T x) {
  return order == Order::Max ? comparable(x) : reverse(comparable(x));
}

#ifndef __CUDACC__
// On a CPU a float16 ranks by its signed magnitude as an integer: no conversion, so that the
// flush-denormals mode cannot blur it. NaN takes one value above +inf (0x7c00) in either order.
template <Order order>
TA_HOST_DEVICE int32_t rank_of(Float16 x) {
  const int32_t magnitude = x.bits & 0x7fff;
  const bool negative = (x.bits >> 15) != (order == Order::Min);
  return magnitude > 0x7c00 ? 0x7fff : negative ? -magnitude : magnitude;
}
#endif

template <class T, Order order>
using Rank = decltype(rank_of<order>(T{}));

// A rank that no other is below. A candidate may begin with it and index 0 before it has seen an
// element: it wins only where all elements have that rank, and there the first does.
template <class R>
TA_HOST_DEVICE R lowest() {
  return std::numeric_limits<R>::has_infinity ? -std::numeric_limits<R>::infinity()
                                              : std::numeric_limits<R>::lowest();
}

// The rank as an integer that orders the same, for instructions that know only integers. Equal
// ranks have equal keys: one for all NaNs, above every other, and one for both zeros.
TA_HOST_DEVICE int32_t key_of(int32_t rank) {
  return rank;
}
TA_HOST_DEVICE int64_t key_of(int64_t rank) {
  return rank;
}
TA_HOST_DEVICE int32_t key_of(float rank) {
  int32_t bits;
  memcpy(&bits, &rank, sizeof(bits));
  const int32_t magnitude = bits & INT32_MAX;
  return magnitude > 0x7f800000 ? INT32_MAX : bits < 0 ? -magnitude : magnitude;
}
TA_HOST_DEVICE int64_t key_of(double rank) {
  int64_t bits;
  memcpy(&bits, &rank, sizeof(bits));
  const int64_t magnitude = bits & INT64_MAX;
  return magnitude > 0x7ff0000000000000 ? INT64_MAX : bits < 0 ? -magnitude : magnitude;
}

template <class T, Order order>
using Key = decltype(key_of(rank_of<order>(T{})));

// An element that may win: its rank, and where it stands.
template <class R, class Index>
struct Candidate {
  R rank;
  Index index;

  // For walks in ascending order: of equal ranks the one already held is the first.
  TA_HOST_DEVICE void see(R other_rank, Index other_index) {
    const bool wins = beats(other_rank, rank);
    rank = wins ? other_rank : rank;
    index = wins ? other_index : index;
  }

  // For partners that come in any order.
  TA_HOST_DEVICE void merge(R other_rank, Index other_index) {
    const bool wins = beats(other_rank, rank) || (!beats(rank, other_rank) && other_index < index);
    rank = wins ? other_rank : rank;
    index = wins ? other_index : index;
  }
};

}  // namespace torch_argmax
