// The low halves of the blocks of 16 bytes of `a` and `b`, or the high ones, lane by lane in turn.
template <bool high, class V, size_t... lane>
TA_INLINE V interleaved(V a, V b, std::index_sequence<lane...>) {
  constexpr size_t lanes = sizeof...(lane), block = 16 / sizeof(LaneOf<V>);
  constexpr auto from = [](size_t i) {
    return i / block * block + (high ? block / 2 : 0) + i % block / 2 + i % 2 * lanes;
  };
#if defined(__clang__)
  return __builtin_shufflevector(a, b, from(lane)...);
#else
  return __builtin_shuffle(a, b, Vector<Signed<LaneOf<V>>>{from(lane)...});
#endif
}

// Short rows, in groups of as many as a vector has lanes. Rows are read in units of 16 bytes, and
// turned: a vector has an element of each row of a group, and a lane is a row.
template <class T, Order order>
struct TurnedRows {
  using E = Elements<T, order>;
  using V = typename E::V;
  using Index = Unsigned<typename E::Lane>;
  using I = Vector<Index>;
  static constexpr int kGroup = kVectorBytes / sizeof(T);
  static constexpr int kUnit = 16 / sizeof(T);
  // Groups whose results are written together, in a loop of its own: where compilers see which
  // vector results come from, they widen them one by one. On a Xeon (Sapphire Rapids), one thread,
  // 2026-11-26, us with 4 and 16: (65536, 4) float64 70, 67, in AVX2 87, 123; (65536, 5) float32
  // 58, 66, in AVX2 76, 98.
  static constexpr int kGroups = 4;
  // Longer rows are better off vector by vector, and an index is as wide as an element. As above,
  // us by vectors and turned: (4096, 48) float16 28.8, 15.9; (4096, 80) 33.0, 26.5; (4096,
  // 96) 32.5, 31.3; (4096, 128) 42.7, 42.5; (2048, 32) float32 13.0, 7.3; (2048, 64) 19.3, 14.1; in
  // AVX2 (4096, 160) int8 30.7, 29.4; (4096, 192) uint8 41.1, 38.3; (4096, 256) 44.7, 50.2; (2048,
  // 64) float32 33.5, 21.4; (2048, 128) 52.4, 56.5.
  static constexpr int kLongest = (sizeof(T) < 4 ? 192 : 256) / sizeof(T);

  // A unit of each row of a group, of which the first begins at `from`: element i is vector i.
  // Every instruction set shuffles within blocks of 16 bytes.
  static TA_INLINE void turn(const T* from, int64_t stride, V* v) {
    for (int i = 0; i < kUnit; ++i, from += stride) {
      v[i] = reinterpret_cast<V>(join_blocks([=](int block) TA_INLINE_LAMBDA {
        return load<Bytes<16>>(from + block * kUnit * stride);
      }));
    }
    constexpr auto lanes = std::make_index_sequence<kGroup>();
    for (int step = 1; step < kUnit; step *= 2) {
      V before[kUnit];
      for (int i = 0; i < kUnit; ++i)
        before[i] = v[i];
      for (int i = 0; i < kUnit / 2; ++i) {
        v[2 * i] = interleaved<false>(before[i], before[i + kUnit / 2], lanes);
        v[2 * i + 1] = interleaved<true>(before[i], before[i + kUnit / 2], lanes);
      }
    }
  }

  // Sees vectors [begin, count) of a unit. Two cost one look for NaN, which may reach past `count`.
  static TA_INLINE void see_unit(const V* v, int begin, int64_t count, V& best, I& age, Nans& nan) {
    for (int i = 0; i < kUnit; ++i) {
      if (i >= count) break;
      if constexpr (E::kHasNan) {
        if (i % 2 == 0) nan |= unordered(v[i], v[i + 1]);
      }
      if (i >= begin) see_next<E>(E::of(v[i]), best, age);
    }
  }

  // Finds where the best of each row of a group stands; reads whole units. Rows of one unit have no
  // loop, that would keep places of all rows in registers: as above, (65536, 8) int8 takes 30 us,
  // and 44 with it.
  template <bool one_unit>
  static TA_INLINE void find(const T* first, int64_t stride, int64_t length, Index* found) {
    V v[kUnit];
    prefetch_ahead<kUnit * kVectorBytes>(first);
    turn(first, stride, v);
    V best = E::of(v[0]);
    I age{};
    Nans nan{};
    see_unit(v, 1, length, best, age, nan);
    for (int64_t unit = kUnit; !one_unit && unit < length; unit += kUnit) {
      prefetch_ahead<kUnit * kVectorBytes>(first + unit * kGroup);
      turn(first + unit, stride, v);
      see_unit(v, 0, length - unit, best, age, nan);
    }
    const I index = splat<Index>(length - 1) - age;
    memcpy(found, &index, sizeof(index));
    if constexpr (E::kHasNan) {
      if (any(nan)) find_nan(first, stride, length, found);
    }
  }

  // Finds the first NaN of rows that have one.
  static TA_APART void find_nan(const T* first, int64_t stride, int64_t length, Index* found) {
    const V no = splat(E::worst()), yes = -no;
    V best = no;
    I age{};
    for (int64_t unit = 0; unit < length; unit += kUnit) {
      V v[kUnit];
      turn(first + unit, stride, v);
      for (int i = 0; i < kUnit && i < length - unit; ++i)
        see_next<E>(v[i] != v[i] ? yes : no, best, age);
    }
    const I index = best == yes ? splat<Index>(length - 1) - age : load<I>(found);
    memcpy(found, &index, sizeof(index));
  }

  // Reduces whole groups of a run, from its first on, as long as no unit reaches past `end`.
  template <bool one_unit>
  static TA_INLINE int64_t reduce_groups(const Run<T, order>& run, int64_t length, const T* end) {
    const int64_t reach = (kGroup - 1) * run.stride + (length + kUnit - 1) / kUnit * kUnit;
    const T* first = run.input;
    for (int64_t row = 0;;) {
      Index found[kGroups * kGroup];
      int count = 0;
      for (int i = 0; i < kGroups; ++i) {
        if (row + count + kGroup > run.size || first + reach > end) break;
        find<one_unit>(first, run.stride, length, found + count);
        count += kGroup;
        first += kGroup * run.stride;
      }
      if (count == 0) return row;
      run.put_all(row, count, found);
      row += count;
    }
  }

  // Reduces the rest, in a copy that may be read past its end: rows of less than a vector, not
  // farther apart than that.
  static TA_APART void reduce_rest(const Run<T, order>& run, int64_t row, int64_t length) {
    T copy[kGroup * kGroup];
    Index found[kGroup];
    for (; row < run.size; row += kGroup) {
      const int64_t rows = smaller(kGroup, run.size - row);
      const int64_t size = (rows - 1) * run.stride + length;
      memcpy(copy, run.input + row * run.stride, size * sizeof(T));
      find<false>(copy, run.stride, length, found);
      run.put_all(row, rows, found);
    }
  }

  // Reduces the first rows of a run; returns their number.
  static TA_INLINE int64_t reduce(const Run<T, order>& run, int64_t length, const T* end) {
    const int64_t row = length <= kUnit ? reduce_groups<true>(run, length, end)
                                        : reduce_groups<false>(run, length, end);
    if (row == run.size || length >= kGroup || run.stride > kGroup) return row;
    reduce_rest(run, row, length);
    return run.size;
  }
};
