// Primitives of AVX2. Included within its target region and namespace, see avx2.cpp.

constexpr int kVectorBytes = 32;

template <class Lane>
using Vector = typename VectorOf<Lane, kVectorBytes>::type;

// A mask of lanes has a bit for each of their bytes.
template <class Lane>
constexpr int kBitsPerLane = sizeof(Lane);

// Mask of the lanes that are all ones; the others are zero.
template <class V>
TA_INLINE uint64_t bits_of(V lanes) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(reinterpret_cast<__m256i>(lanes)));
}

// Mask of the lanes that are equal.
template <class V>
TA_INLINE uint64_t equal_bits(V a, V b) {
  return bits_of(a == b);
}

// Of floats: is there a lane in which `a` or `b` is NaN? To be collected by |=, for `any`.
TA_INLINE Bytes<32> unordered(Vector<float> a, Vector<float> b) {
  return reinterpret_cast<Bytes<32>>(_mm256_cmp_ps(a, b, _CMP_UNORD_Q));
}
TA_INLINE Bytes<32> unordered(Vector<double> a, Vector<double> b) {
  return reinterpret_cast<Bytes<32>>(_mm256_cmp_pd(a, b, _CMP_UNORD_Q));
}
TA_INLINE bool any(Bytes<32> lanes) {
  return bits_of(lanes) != 0;
}

// A vector of the blocks of 16 bytes that `at` has.
template <class At>
TA_INLINE Bytes<32> join_blocks(At at) {
  return reinterpret_cast<Bytes<32>>(
      _mm256_set_m128i(reinterpret_cast<__m128i>(at(1)), reinterpret_cast<__m128i>(at(0))));
}
