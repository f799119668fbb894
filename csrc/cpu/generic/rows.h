// rows: contiguous rows, or pieces of them. Values first: vectors of a row are folded lane by lane,
// then their lanes, and only where the winner is known does a second look find the first equal to
// it. Long rows are taken in chunks that the second look finds in the cache; of rows shorter than a
// vector, several share one.

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
  for (int i = 0; i < bytes; i += 64)
    __builtin_prefetch(static_cast<const char*>(from) + kAhead + i);
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

// The best of each group of `group` lanes, in all of the group's lanes.
template <class E, int group, int distance = 1>
TA_INLINE typename E::V spread(typename E::V v) {
  if constexpr (distance < group) {
    constexpr int lanes = kVectorBytes / sizeof(typename E::Lane);
    return spread<E, group, 2 * distance>(
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
    best = spread<E, kLanes>(best);
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
        best = spread<E, kLanes>(lanes);
        chunk = {begin, end};
      }
    }
    return chunk.begin + first_equal(row + chunk.begin, chunk.size(), best);
  }
};

// Rows of less than a vector, each in a group of lanes of its own.
template <class T, Order order, int group_bytes>
struct ShortRows {
  using E = Elements<T, order>;
  using Lane = typename E::Lane;
  using V = typename E::V;
  static constexpr int kGroup = group_bytes / sizeof(T);
  static constexpr int kRows = kVectorBytes / group_bytes;

  // The elements that begin at `row(0)`, ..., `row(kRows - 1)`, a group of each.
  template <int bytes = kVectorBytes, class RowAt>
  static TA_INLINE auto gather(RowAt row, int first = 0) {
    if constexpr (bytes == group_bytes && bytes == 8) {
      return load<uint64_t>(row(first));
    } else if constexpr (bytes == group_bytes) {
      return load<Bytes<bytes>>(row(first));
    } else {
      const auto low = gather<bytes / 2>(row, first);
      const auto high = gather<bytes / 2>(row, first + bytes / 2 / group_bytes);
      if constexpr (bytes == 16) {
        return reinterpret_cast<Bytes<16>>(typename VectorOf<uint64_t, 16>::type{low, high});
      } else {
        return concatenate(low, high);
      }
    }
  }

  // All ones in the lanes that a row of `length` has.
  static TA_INLINE typename E::Mask lanes_of(int64_t length) {
    typename E::Mask ours;
    for (int i = 0; i < kVectorBytes / int{sizeof(Lane)}; ++i)
      ours[i] = i % kGroup < length ? -1 : 0;
    return ours;
  }

  // Puts the results of the rows from `row` on that are in `elements`, `ours` the lanes in use.
  static TA_INLINE void reduce(V elements, typename E::Mask ours, const Run<T, order>& run,
                               int64_t row) {
    const V lanes = ours ? E::of(elements) : splat(E::worst());
    const V best = spread<E, kGroup>(lanes);
    if constexpr (group_bytes == 8) {
      typename E::Mask found = lanes == best;
      if constexpr (E::kHasNan) {
        const auto nan = reinterpret_cast<Vector<int64_t>>(lanes != lanes);
        found = reinterpret_cast<typename E::Mask>(
            nan != 0 ? nan : reinterpret_cast<Vector<int64_t>>(found));
      }
      put_all(first_of_groups(found), run, row);
    } else {
      uint64_t found = equal_bits(lanes, best);
      if constexpr (E::kHasNan) {
        if (const uint64_t nan = bits_of(lanes != lanes)) {
          for (int i = 0; i < kRows; ++i)
            run.put(row + i, first_of<Lane>(group(nan, i) ? group(nan, i) : group(found, i)));
          return;
        }
      }
      for (int i = 0; i < kRows; ++i)
        run.put(row + i, first_of<Lane>(group(found, i)));
    }
  }

 private:
  // In the groups of 8 bytes of a mask vector, which has a lane in each: the number of the first.
  static TA_INLINE Vector<int64_t> first_of_groups(typename E::Mask lanes) {
    const auto x = reinterpret_cast<Vector<uint64_t>>(lanes);
    // The lowest bit is 256 to the power of its byte, and moves that byte's number to the top.
    const auto byte = (x & -x) * 0x0001020304050607u >> 56;
    return reinterpret_cast<Vector<int64_t>>(byte / uint64_t{sizeof(T)});
  }

  static TA_INLINE void put_all(Vector<int64_t> positions, const Run<T, order>& run, int64_t row) {
    if (int64_t* const indices = run.plain_indices(row)) {
      const Vector<int64_t> all = positions + run.begin();
      memcpy(indices, &all, sizeof(all));
    } else {
      for (int i = 0; i < kRows; ++i)
        run.put(row + i, positions[i]);
    }
  }

  static TA_INLINE uint64_t group(uint64_t bits, int i) {
    constexpr int width = kGroup * kBitsPerLane<Lane>;
    return width == 64 ? bits : bits >> i * (width % 64) & ((uint64_t{1} << width % 64) - 1);
  }
};

// Reduces the first rows of a run whose groups do not reach past `end`; returns their number.
template <class T, Order order, int group_bytes>
TA_INLINE int64_t short_rows(const Run<T, order>& run, int64_t length, const T* end) {
  using Rows = ShortRows<T, order, group_bytes>;
  constexpr int kRows = Rows::kRows;
  const auto ours = Rows::lanes_of(length);
  int64_t row = 0;
  for (; row + kRows <= run.size; row += kRows) {
    const T* const first = run.input + row * run.stride;
    if (first + (kRows - 1) * run.stride + Rows::kGroup > end) break;
    prefetch_ahead<kVectorBytes>(first);
    const auto elements =
        Rows::gather([&](int i) TA_INLINE_LAMBDA { return first + i * run.stride; });
    Rows::reduce(reinterpret_cast<typename Rows::V>(elements), ours, run, row);
  }
  return row;
}

template <class T, Order order, int vectors = 1>
TA_INLINE void few_vectors(const Run<T, order>& run, int64_t length, bool ahead) {
  if (length > vectors * Row<T, order>::kLanes) {
    if constexpr (vectors < kFewVectors) few_vectors<T, order, vectors + 1>(run, length, ahead);
  } else {
    for (int64_t row = 0; row < run.size; ++row) {
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
  if (bytes > kFewVectors * kVectorBytes) {
    for (; row < run.size; ++row) {
      const T* const elements = run.input + row * run.stride;
      run.put(row, ahead ? Row<T, order>::template best_of<true>(elements, length)
                         : Row<T, order>::best_of(elements, length));
    }
  } else if (bytes >= kVectorBytes) {
    few_vectors<T, order>(run, length, ahead);
    return;
  } else if (bytes <= 8) {
    row = short_rows<T, order, 8>(run, length, end);
  } else if (bytes <= 16 || kVectorBytes == 16) {
    row = short_rows<T, order, 16>(run, length, end);
  } else if (bytes <= 32 || kVectorBytes == 32) {
    if constexpr (kVectorBytes >= 32) row = short_rows<T, order, 32>(run, length, end);
  } else {
    if constexpr (kVectorBytes >= 64) row = short_rows<T, order, 64>(run, length, end);
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
