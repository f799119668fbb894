// rows: contiguous rows, or pieces of them. Values first: vectors of a row are folded lane by lane,
// then their lanes, and only where the winner is known does a second look find the first equal to
// it. Long rows are taken in chunks that the second look finds in the cache. Short rows are turned,
// and seen as columns.

// What has been seen of a row, lane by lane: of integers the best.
template <class T, Order order, class = void>
class Seen {
 public:
  using E = Elements<T, order>;
  using V = typename E::V;

  explicit TA_INLINE Seen(V first) : best_(E::of(first)) {}
  TA_INLINE void see(V a) { best_ = E::better(E::of(a), best_); }
  TA_INLINE void see(V a, V b) {
    see(a);
    see(b);
  }
  TA_INLINE void merge(const Seen& other) { best_ = E::better(other.best_, best_); }
  // The lanes' best; if `has_nan`, whatever.
  TA_INLINE V lanes() const { return best_; }
  TA_INLINE bool has_nan() const { return false; }

 private:
  V best_;
};

// Of floats the best, and whether there was a NaN.
template <class T, Order order>
class Seen<T, order, std::enable_if_t<std::is_floating_point_v<T>>> {
 public:
  using E = Elements<T, order>;
  using V = typename E::V;

  explicit TA_INLINE Seen(V first) : best_(first), nan_(unordered(first, first)) {}
  TA_INLINE void see(V a) {
    best_ = E::better(a, best_);
    nan_ |= unordered(a, a);
  }
  // Two cost one look for NaN.
  TA_INLINE void see(V a, V b) {
    nan_ |= unordered(a, b);
    best_ = E::better(E::better(a, b), best_);
  }
  TA_INLINE void merge(const Seen& other) {
    best_ = E::better(other.best_, best_);
    nan_ |= other.nan_;
  }
  TA_INLINE V lanes() const { return best_; }
  TA_INLINE bool has_nan() const { return any(nan_); }

 private:
  V best_;
  decltype(unordered(V{}, V{})) nan_;
};

// Of floats of 16 bits two extremes of their bits, with no arithmetic on each: as signed numbers
// the greatest is the greatest positive, or a positive NaN; as unsigned ones it is the least
// negative, or a negative NaN. That decides either order, unless all elements have the sign that
// loses: then what is nearest to zero wins, and needs a second look.
template <class T, Order order>
class Seen<T, order, std::enable_if_t<is_half<T>>> {
 public:
  using E = Elements<T, order>;
  using V = typename E::V;
  using U = Vector<uint16_t>;

  explicit TA_INLINE Seen(V first)
      : signed_max_(first), unsigned_max_(reinterpret_cast<U>(first)) {}
  TA_INLINE void see(V a) { merge(Seen(a)); }
  TA_INLINE void see(V a, V b) {
    see(a);
    see(b);
  }
  TA_INLINE void merge(const Seen& other) {
    signed_max_ = other.signed_max_ > signed_max_ ? other.signed_max_ : signed_max_;
    unsigned_max_ = other.unsigned_max_ > unsigned_max_ ? other.unsigned_max_ : unsigned_max_;
  }
  TA_INLINE V lanes() const {
    return E::better(E::of(signed_max_), E::of(reinterpret_cast<V>(unsigned_max_)));
  }
  // Lanes with an element of the sign that wins, all ones; that all lack is the rule for some data,
  // as for logarithms of probabilities.
  TA_INLINE bool decided() const {
    const V other = reinterpret_cast<V>(unsigned_max_);
    return bits_of(order == Order::Max ? signed_max_ >= 0 : other < 0) != 0;
  }
  TA_INLINE bool has_nan() const { return false; }

 private:
  V signed_max_;
  U unsigned_max_;
};

template <class T, Order order>
class NearestToZero {
 public:
  using E = Elements<T, order>;
  using V = typename E::V;
  using U = Vector<uint16_t>;

  explicit TA_INLINE NearestToZero(V first) : min_(reinterpret_cast<U>(first)) {}
  TA_INLINE void see(V a) { merge(NearestToZero(a)); }
  TA_INLINE void see(V a, V b) {
    see(a);
    see(b);
  }
  TA_INLINE void merge(const NearestToZero& other) { min_ = other.min_ < min_ ? other.min_ : min_; }
  TA_INLINE V lanes() const { return E::of(reinterpret_cast<V>(min_)); }

 private:
  U min_;
};

// Rows of so many vectors are kept in registers. On a Xeon (Sapphire Rapids), one thread,
// 2026-11-26, GB/s with 5, 9 and 16, the better of two runs: (2^19, 129) float32 12.0, 12.5, 13.1;
// (2^18, 300) 12.2, 12.7, 12.2; (2^20, 150) float16 10.9, 11.0, 11.2: no more than runs differ.
constexpr int kFewVectors = 9;

// What a second look is taken at: short of the first-level cache, and long for the look's own cost.
// As above, with 2, 4, 8 and 16 KB: (65536, 1000) float32 12.9, 12.8, 12.4, 11.5; (1000, 50257)
// 13.2, 13.8, 14.2, 13.8; (1, 50257) 47.9, 45.7, 36.4, 44.7; (1, 262144) bfloat16 53.7, 56.9, 58.3,
// 61.4.
constexpr int64_t kChunkBytes = 4096;

// Rows are short and processors mispredict: what reads ahead of itself is not held up by either. It
// may reach past the tensor; a prefetch reads nothing that a program could see. It would only cost
// where all is in the cache, or where rows are long. On a Xeon (Sapphire Rapids), one thread,
// 2026-11-26, GB/s without, with 2, 4, 8 and 16 KB: (2^20, 64) float32 7, 11.9, 13.5, 13.8, 12.2;
// (65536, 1000) float32 12.3, 11.7, 13.4, 14.1, 13.6; (2^20, 129) uint8 5.6, 6.6, 8.4, 8.6, 8.8.
// Prefetches that bypass the caches (nta) halve it: 5.9, 6.3, 8.2.
constexpr int kAhead = 8192;
constexpr int64_t kLongRowBytes = 2 * kChunkBytes;
constexpr int64_t kCachedBytes = 1 << 20;

template <int bytes>
TA_INLINE void prefetch_ahead(const void* from) {
  // A number, as no pointer may lie so far outside of what it points to.
  const auto address = reinterpret_cast<uintptr_t>(from) + kAhead;
  for (int i = 0; i < bytes; i += 64)
    __builtin_prefetch(reinterpret_cast<const void*>(address + i));
}

// Swaps neighbouring groups of `distance` lanes.
template <int distance, class V, size_t... lane>
TA_INLINE V swapped(V v, std::index_sequence<lane...>) {
#if defined(__clang__)
  return __builtin_shufflevector(v, v, (lane ^ distance)...);
#else
  return __builtin_shuffle(v, Vector<Signed<LaneOf<V>>>{(lane ^ distance)...});
#endif
}

// The best of all lanes, in each of them.
template <class E, int distance = 1>
TA_INLINE typename E::V spread(typename E::V v) {
  constexpr int lanes = kVectorBytes / sizeof(typename E::Lane);
  if constexpr (distance < lanes) {
    return spread<E, 2 * distance>(
        E::better(swapped<distance>(v, std::make_index_sequence<lanes>()), v));
  } else {
    return v;
  }
}

// A row of a vector's lanes or more.
template <class T, Order order>
struct Row {
  using E = Elements<T, order>;
  using Lane = typename E::Lane;
  using V = typename E::V;
  static constexpr int kLanes = kVectorBytes / sizeof(T);
  static constexpr int64_t kChunk = kChunkBytes / sizeof(T);
  static constexpr int kBitsOfVector = kLanes * kBitsPerLane<Lane>;
  static constexpr int kVectorsOfWord = 64 / kBitsOfVector;
  // A branch that is mispredicted costs as much as a look at some words. As above, with 1, 4 and 8:
  // (16384, 1000) float32 14.2, 25.8, 22.3; (256, 1000) 37.5, 40.1, 35.1; float16 33.2, 30.9, 31.9.
  static constexpr int kFewWords = 4;

  static TA_INLINE V at(const T* from) { return load<V>(from); }

  // Folds `from[0, count)`, with the last vector twice where the count is not whole vectors.
  template <class Fold, bool ahead>
  static TA_INLINE Fold fold(const T* from, int64_t count) {
    const T* const last = from + count - kLanes;
    Fold a(at(last));
    if (last - from >= 7 * kLanes) {
      Fold b = a, c = a, d = a;
      for (; last - from >= 7 * kLanes; from += 8 * kLanes) {
        if constexpr (ahead) prefetch_ahead<8 * kVectorBytes>(from);
        a.see(at(from), at(from + kLanes));
        b.see(at(from + 2 * kLanes), at(from + 3 * kLanes));
        c.see(at(from + 4 * kLanes), at(from + 5 * kLanes));
        d.see(at(from + 6 * kLanes), at(from + 7 * kLanes));
      }
      a.merge(b);
      c.merge(d);
      a.merge(c);
    }
    for (; from < last; from += kLanes)
      a.see(at(from));
    return a;
  }

  // The first of `from[0, count)` for which `bits_at` has a bit; there is one. Bits of neighbouring
  // vectors make words.
  template <class BitsAt>
  static TA_INLINE int64_t first(const T* from, int64_t count, BitsAt bits_at) {
    const auto word_at = [&](const T* at_word) TA_INLINE_LAMBDA {
      uint64_t word = 0;
      for (int i = 0; i < kVectorsOfWord; ++i)
        word |= bits_at(at(at_word + i * kLanes)) << (i * kBitsOfVector) % 64;
      return word;
    };
    constexpr int kWord = kVectorsOfWord * kLanes;
    const int64_t last = count - kLanes;
    int64_t i = 0;
    if (count <= kFewWords * kWord) {
      // All of them, where a branch on the first is mispredicted.
      uint64_t found = last + first_or_none<Lane>(bits_at(at(from + last)));
      for (; i <= count - kWord; i += kWord)
        found = smaller(found, i + first_or_none<Lane>(word_at(from + i)));
      for (; i < last; i += kLanes)
        found = smaller(found, i + first_or_none<Lane>(bits_at(at(from + i))));
      return found;
    }
    for (; i <= count - kWord; i += kWord)
      if (const uint64_t word = word_at(from + i)) return i + first_of<Lane>(word);
    for (; i < last; i += kLanes)
      if (const uint64_t bits = bits_at(at(from + i))) return i + first_of<Lane>(bits);
    return last + first_of<Lane>(bits_at(at(from + last)));
  }

  static TA_INLINE int64_t first_equal(const T* from, int64_t count, V best) {
    if constexpr (is_half<T>) {
      if (E::is_one(best[0])) {
        const V element = E::element_of(best);
        return first(from, count, [=](V v) TA_INLINE_LAMBDA { return equal_bits(v, element); });
      }
    }
    return first(from, count, [=](V v) TA_INLINE_LAMBDA { return equal_bits(E::of(v), best); });
  }
  static TA_INLINE int64_t first_nan(const T* from, int64_t count) {
    return first(from, count, [](V v) TA_INLINE_LAMBDA { return bits_of(v != v); });
  }

  // Where the best of a row of `vectors` vectors stands, the last of which may overlap with the one
  // before. All are kept in registers, and nothing branches on where it stands.
  template <int vectors>
  static TA_INLINE int64_t best_of_few(const T* row, int64_t length) {
    const int64_t last = length - kLanes;
    V lanes[vectors];
    for (int i = 0; i < vectors; ++i)
      lanes[i] = E::of(at(i < vectors - 1 ? row + i * kLanes : row + last));
    V best = lanes[0];
    for (int i = 1; i < vectors; ++i)
      best = E::better(lanes[i], best);
    const auto first = [&](auto bits_at) TA_INLINE_LAMBDA {
      uint64_t found = last + first_or_none<Lane>(bits_at(lanes[vectors - 1]));
      for (int i = 0; i < vectors - 1; i += kVectorsOfWord) {
        uint64_t word = 0;
        for (int j = i; j < vectors - 1 && j < i + kVectorsOfWord; ++j)
          word |= bits_at(lanes[j]) << (j - i) * kBitsOfVector;
        found = smaller(found, i * kLanes + first_or_none<Lane>(word));
      }
      return found;
    };
    if constexpr (E::kHasNan) {
      auto nan = unordered(lanes[0], lanes[vectors - 1]);
      for (int i = 1; i < vectors - 1; i += 2)
        nan |= unordered(lanes[i], lanes[i + 1]);
      if (any(nan)) return first([](V v) TA_INLINE_LAMBDA { return bits_of(v != v); });
    }
    best = spread<E>(best);
    return first([best](V v) TA_INLINE_LAMBDA { return equal_bits(v, best); });
  }

  // The best lanes of `from[0, count)`; if that `has_nan`, whatever.
  template <bool ahead>
  static TA_INLINE V best_lanes(const T* from, int64_t count, bool& has_nan) {
    const auto seen = fold<Seen<T, order>, ahead>(from, count);
    has_nan = seen.has_nan();
    if constexpr (is_half<T>) {
      if (!seen.decided())
        return E::better(fold<NearestToZero<T, order>, false>(from, count).lanes(), seen.lanes());
    }
    return seen.lanes();
  }

  // Where the best of `row[0, length)` stands.
  template <bool ahead = false>
  static int64_t best_of(const T* row, int64_t length) {
    V best{};
    Range chunk{0, 0};
    for (int64_t begin = 0, end; begin < length; begin = end) {
      end = length - begin < 2 * kChunk ? length : begin + kChunk;
      bool has_nan;
      const V lanes = best_lanes<ahead>(row + begin, end - begin, has_nan);
      if constexpr (E::kHasNan) {
        if (has_nan) return begin + first_nan(row + begin, end - begin);
      }
      if (begin == 0 || bits_of(E::beats(lanes, best))) {
        best = spread<E>(lanes);
        chunk = {begin, end};
      }
    }
    return chunk.begin + first_equal(row + chunk.begin, chunk.size(), best);
  }
};

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
  using Nan = decltype(unordered(Vector<float>{}, Vector<float>{}));
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

  // Sees an element of each row. How long ago the best was is less work than where it was: there is
  // no vector of indices to make and to choose from.
  static TA_INLINE void see(V lanes, V& best, I& age) {
    const V better = E::better(lanes, best);
    age = better == best ? age + Index{1} : I{};
    best = better;
  }

  // Sees vectors [begin, count) of a unit. Two cost one look for NaN, which may reach past `count`.
  static TA_INLINE void see_unit(const V* v, int begin, int64_t count, V& best, I& age, Nan& nan) {
    for (int i = 0; i < kUnit; ++i) {
      if (i >= count) break;
      if constexpr (E::kHasNan) {
        if (i % 2 == 0) nan |= unordered(v[i], v[i + 1]);
      }
      if (i >= begin) see(E::of(v[i]), best, age);
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
    Nan nan{};
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
        see(v[i] != v[i] ? yes : no, best, age);
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

template <class T, Order order, int vectors = 1>
TA_INLINE void few_vectors(const Run<T, order>& run, int64_t row, int64_t length, bool ahead) {
  if (length > vectors * Row<T, order>::kLanes) {
    if constexpr (vectors < kFewVectors)
      few_vectors<T, order, vectors + 1>(run, row, length, ahead);
  } else {
    for (; row < run.size; ++row) {
      const T* const elements = run.input + row * run.stride;
      if (ahead) prefetch_ahead<vectors * kVectorBytes>(elements);
      run.put(row, Row<T, order>::template best_of_few<vectors>(elements, length));
    }
  }
}

template <class T, Order order>
TA_INLINE void reduce_rows(const Run<T, order>& run, int64_t length, const T* end) {
  const int64_t bytes = length * sizeof(T);
  const bool ahead = bytes < kLongRowBytes && run.size * bytes > kCachedBytes;
  int64_t row = 0;
  if (length <= TurnedRows<T, order>::kLongest)
    row = TurnedRows<T, order>::reduce(run, length, end);
  if (bytes > kFewVectors * kVectorBytes) {
    for (; row < run.size; ++row) {
      const T* const elements = run.input + row * run.stride;
      run.put(row, ahead ? Row<T, order>::template best_of<true>(elements, length)
                         : Row<T, order>::best_of(elements, length));
    }
  } else if (bytes >= kVectorBytes) {
    few_vectors<T, order>(run, row, length, ahead);
    return;
  }
  for (; row < run.size; ++row) {
    const T* const elements = run.input + row * run.stride;
    Candidate<Rank<T, order>, int> best{rank_of<order>(elements[0]), 0};
    for (int i = 1; i < length; ++i)
      best.see(rank_of<order>(elements[i]), i);
    run.put(row, best.index);
  }
}

template <class T, Order order>
void rows(const Work& work, const Box& box) {
  const T* const end = static_cast<const T*>(work.input) + extent(work);
  for (int64_t row = box.outer.begin; row < box.outer.end;) {
    const auto run = Run<T, order>::along_outer(work, box, row);
    reduce_rows(run, box.reduce.size(), end);
    row += run.size;
  }
}
