#pragma once
// Types of vectors, by the compilers' vector extensions: arithmetic, comparisons and `mask ? a : b`
// lane by lane, in the instructions of whatever set the code is compiled for.

#include <cstdint>
#include <type_traits>
#include <utility>

namespace torch_argmax::cpu {

template <class Lane, int bytes>
struct VectorOf {
  typedef Lane type __attribute__((vector_size(bytes)));
};

// For what does not depend on lanes.
template <int bytes>
using Bytes = typename VectorOf<uint8_t, bytes>::type;

template <class V>
using LaneOf = std::remove_cv_t<std::remove_reference_t<decltype(std::declval<V&>()[0])>>;

// Integers of a width.
template <int bytes>
struct IntegerOf;
template <>
struct IntegerOf<1> {
  using type = int8_t;
};
template <>
struct IntegerOf<2> {
  using type = int16_t;
};
template <>
struct IntegerOf<4> {
  using type = int32_t;
};
template <>
struct IntegerOf<8> {
  using type = int64_t;
};
template <class Lane>
using Signed = typename IntegerOf<sizeof(Lane)>::type;
template <class Lane>
using Unsigned = std::make_unsigned_t<Signed<Lane>>;

}  // namespace torch_argmax::cpu
