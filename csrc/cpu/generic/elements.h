// Elements as lanes that compare: what vectors of each dtype are made of, and which of two lanes
// wins. This is order.h's rule in an element's own width; tests/test_instructions.py holds it to
// every element of 8 and 16 bits.

TA_INLINE uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

template <class Lane>
TA_INLINE Vector<Lane> splat(Lane lane) {
  return lane - Vector<Lane>{};
}

// The first lane of a mask that is not empty.
template <class Lane>
TA_INLINE uint64_t first_of(uint64_t bits) {
  return __builtin_ctzll(bits) / kBitsPerLane<Lane>;
}
// Of any mask; more than every index where there is none, without a branch.
template <class Lane>
TA_INLINE uint64_t first_or_none(uint64_t bits) {
  const uint64_t none = bits == 0;
  return __builtin_ctzll(bits | none) / kBitsPerLane<Lane> + (none << 62);
}

// Lanes for which C++'s < is the order. The maximum looks for the greatest and the minimum for the
// least, so that lanes are taken as they are. NaN is for the loops to look for, by `unordered`:
// `better` overlooks it.
template <class Lane_, Order order>
struct Lanes {
  using Lane = Lane_;
  using V = Vector<Lane>;
  using Mask = Vector<Signed<Lane>>;
  static constexpr Order kOrder = order;
  static constexpr bool kHasNan = std::is_floating_point_v<Lane>;

  static TA_INLINE V better(V a, V b) {
    if constexpr (order == Order::Max) {
      return a > b ? a : b;
    } else {
      return a < b ? a : b;
    }
  }

  // Lanes, all ones or zero, in which `a` wins wherever it stands, were there no NaN.
  static TA_INLINE Mask beats(V a, V b) {
    if constexpr (order == Order::Max) {
      return a > b;
    } else {
      return a < b;
    }
  }

  // Loses to every other, or is its equal.
  static constexpr Lane worst() {
    using Limits = std::numeric_limits<Lane>;
    if constexpr (order == Order::Max) {
      return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    } else {
      return Limits::has_infinity ? Limits::infinity() : Limits::max();
    }
  }
};

// `of` makes lanes of elements.
template <class T, Order order>
struct Elements : Lanes<T, order> {
  using typename Lanes<T, order>::V;
  static TA_INLINE V of(V elements) { return elements; }
};

// Any byte but 0 is true.
template <Order order>
struct Elements<Bool, order> : Lanes<uint8_t, order> {
  using typename Lanes<uint8_t, order>::V;
  static TA_INLINE V of(V bytes) {
    const V one = splat<uint8_t>(1);
    return bytes < one ? bytes : one;
  }
};

// Floats of 16 bits as integers, always for the maximum. Sign and magnitude become a number, moved
// down until -inf is the least: negative NaNs wrap around to the top, where the positive ones are.
// All NaNs become one, and so do both zeros. `infinity` is that of the type, as its bits.
template <Order order, uint16_t infinity>
struct HalfElements : Lanes<int16_t, Order::Max> {
  static TA_INLINE V of(V elements) {
    constexpr uint16_t zero = infinity + 0x8000;
    const auto x = reinterpret_cast<Vector<uint16_t>>(elements);
    const auto lanes = order == Order::Max ? (elements < 0 ? infinity - x : zero + x)
                                           : (elements < 0 ? infinity + x : zero - x);
    const V nan = splat<int16_t>(2 * infinity + 1 - 0x8000);
    const V ranked = reinterpret_cast<V>(lanes);
    return ranked < nan ? ranked : nan;
  }

  // Has a lane one element only? Zero has two, and NaN many.
  static TA_INLINE bool is_one(int16_t lane) {
    return lane != infinity - 0x8000 && lane <= 2 * infinity - 0x8000;
  }
  // That element.
  static TA_INLINE V element_of(V lanes) {
    constexpr uint16_t zero = infinity + 0x8000;
    const auto x = reinterpret_cast<Vector<uint16_t>>(lanes);
    const V sign = lanes < splat<int16_t>(infinity - 0x8000);
    return reinterpret_cast<V>(order == Order::Max ? (sign ? infinity - x : x - zero)
                                                   : (sign ? zero - x : x - infinity));
  }
};
template <Order order>
struct Elements<Float16, order> : HalfElements<order, 0x7c00> {};
template <Order order>
struct Elements<BFloat16, order> : HalfElements<order, 0x7f80> {};

template <class T>
constexpr bool is_half = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

// Whether there was a NaN, as `unordered` has it.
using Nans = decltype(unordered(Vector<float>{}, Vector<float>{}));

// Sees one more element in each lane, but overlooks NaN. How long ago the best was is less work
// than where it was: there is no vector of indices to make and to choose from.
template <class E>
TA_INLINE void see_next(typename E::V lanes, typename E::V& best,
                        Vector<Unsigned<typename E::Lane>>& age) {
  using Index = Unsigned<typename E::Lane>;
  const auto better = E::better(lanes, best);
  age = better == best ? age + Index{1} : Vector<Index>{};
  best = better;
}
