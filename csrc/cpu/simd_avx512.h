// Primitives of AVX-512. Included within its target region and namespace, see avx512.cpp.

constexpr int kVectorBytes = 64;

template <class Lane>
using Vector = typename VectorOf<Lane, kVectorBytes>::type;

// A mask of lanes has a bit for each.
template <class Lane>
constexpr int kBitsPerLane = 1;

// Mask of the lanes that are all ones; the others are zero.
template <class V>
TA_INLINE uint64_t bits_of(V lanes) {
  const auto x = reinterpret_cast<__m512i>(lanes);
  if constexpr (sizeof(LaneOf<V>) == 1) return _mm512_movepi8_mask(x);
  if constexpr (sizeof(LaneOf<V>) == 2) return _mm512_movepi16_mask(x);
  if constexpr (sizeof(LaneOf<V>) == 4) return _mm512_movepi32_mask(x);
  if constexpr (sizeof(LaneOf<V>) == 8) return _mm512_movepi64_mask(x);
}

// Mask of the lanes that are equal. A comparison of vectors has vectors for a result, and compilers
// take the way through them.
template <class V>
TA_INLINE uint64_t equal_bits(V a, V b) {
  using Lane = LaneOf<V>;
  if constexpr (std::is_same_v<Lane, float>) {
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
  } else if constexpr (std::is_same_v<Lane, double>) {
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
  } else {
    const auto x = reinterpret_cast<__m512i>(a);
    const auto y = reinterpret_cast<__m512i>(b);
    if constexpr (sizeof(Lane) == 1) return _mm512_cmpeq_epi8_mask(x, y);
    if constexpr (sizeof(Lane) == 2) return _mm512_cmpeq_epi16_mask(x, y);
    if constexpr (sizeof(Lane) == 4) return _mm512_cmpeq_epi32_mask(x, y);
    if constexpr (sizeof(Lane) == 8) return _mm512_cmpeq_epi64_mask(x, y);
  }
}

// Of floats: is there a lane in which `a` or `b` is NaN? To be collected by |=, for `any`.
TA_INLINE uint64_t unordered(Vector<float> a, Vector<float> b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q);
}
TA_INLINE uint64_t unordered(Vector<double> a, Vector<double> b) {
  return _mm512_cmp_pd_mask(a, b, _CMP_UNORD_Q);
}
TA_INLINE bool any(uint64_t bits) {
  return bits != 0;
}

// A vector of the blocks of 16 bytes that `at` has. None goes by way of a register, and all can be
// loaded on either port, where halves that were loaded before would wait for the shuffles' port.
template <class At>
TA_INLINE Bytes<64> join_blocks(At at) {
  const auto block = [=](int i) TA_INLINE_LAMBDA { return reinterpret_cast<__m128i>(at(i)); };
  __m512i joined = _mm512_zextsi128_si512(block(0));
  joined = _mm512_inserti32x4(joined, block(1), 1);
  joined = _mm512_inserti32x4(joined, block(2), 2);
  return reinterpret_cast<Bytes<64>>(_mm512_inserti32x4(joined, block(3), 3));
}
