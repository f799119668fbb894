// Primitives of the instructions that every machine of an architecture has. Included within a
// namespace, see baseline.cpp.

constexpr int kVectorBytes = 16;

template <class Lane>
using Vector = typename VectorOf<Lane, kVectorBytes>::type;

#if defined(__SSE2__)

// A mask of lanes has a bit for each of their bytes.
template <class Lane>
constexpr int kBitsPerLane = sizeof(Lane);

// Mask of the lanes that are all ones; the others are zero.
template <class V>
TA_INLINE uint64_t bits_of(V lanes) {
  return _mm_movemask_epi8(reinterpret_cast<__m128i>(lanes));
}

#else

// A mask of lanes has 4 bits for each of their bytes.
template <class Lane>
constexpr int kBitsPerLane = 4 * sizeof(Lane);

#if defined(__ARM_NEON)

template <class V>
TA_INLINE uint64_t bits_of(V lanes) {
  const auto bytes = vshrn_n_u16(reinterpret_cast<uint16x8_t>(lanes), 4);
  return vget_lane_u64(vreinterpret_u64_u8(bytes), 0);
}

#else

template <class V>
TA_INLINE uint64_t bits_of(V lanes) {
  uint64_t bits = 0;
  for (int i = 0; i < kVectorBytes; ++i)
    bits |= uint64_t{reinterpret_cast<Bytes<16>>(lanes)[i] & 0xfu} << 4 * i;
  return bits;
}

#endif
#endif

// Mask of the lanes that are equal.
template <class V>
TA_INLINE uint64_t equal_bits(V a, V b) {
  return bits_of(a == b);
}

// Of floats: is there a lane in which `a` or `b` is NaN? To be collected by |=, for `any`.
template <class V>
TA_INLINE Bytes<16> unordered(V a, V b) {
  return reinterpret_cast<Bytes<16>>((a != a) | (b != b));
}
TA_INLINE bool any(Bytes<16> lanes) {
  return bits_of(lanes) != 0;
}

// A vector of the blocks of 16 bytes that `at` has.
template <class At>
TA_INLINE Bytes<16> join_blocks(At at) {
  return at(0);
}
