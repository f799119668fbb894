// rows: contiguous rows, or pieces of them. Values first: vectors of a row are folded lane by lane,
// then their lanes, and only where the winner is known does a second look find the first equal to
// it (seen.h). Long rows are taken in chunks that the second look finds in the cache. Short rows
// are turned, and seen as columns (turned.h).

// Rows of so many vectors are kept in registers. On a Xeon (Sapphire Rapids), one thread,
// 2026-11-26, GB/s with 5, 9 and 16, the better of two runs: (2^19, 129) float32 12.0, 12.5, 13.1;
// (2^18, 300) 12.2, 12.7, 12.2; (2^20, 150) float16 10.9, 11.0, 11.2: no more than runs differ.
constexpr int kFewVectors = 9;

// What a second look is taken at: short of the first-level cache, and long for the look's own cost.
// As above, with 2, 4, 8 and 16 KB: (65536, 1000) float32 12.9, 12.8, 12.4, 11.5; (1000, 50257)
// 13.2, 13.8, 14.2, 13.8; (1, 50257) 47.9, 45.7, 36.4, 44.7; (1, 262144) bfloat16 53.7, 56.9, 58.3,
// 61.4.
constexpr int64_t kChunkBytes = 4096;

// Of a row that is looked at twice in parts, and words of bits that it has at least: fewer are
// looked through in no time. On a Zen 3 with AVX2, one thread, 2026-11-27, us in one part, in 4:
// (64, 400) float32 4.7, 5.4; (64, 500) 5.8, 5.4; (64, 1000) 9.6, 7.5; (64, 2000) float16 13.5,
// 12.0; (65536, 1000) float32 18900, 16700; in 2 and 8 parts (64, 1000) float32 11.7, 11.5 where
// one took 12.2, and 4 11.2. On a Xeon (Sapphire Rapids) with AVX-512 (64, 1000) float32 7.1, 8.2;
// (64, 2000) 9.9, 8.7; (64, 4000) float16 13.0, 12.6.
constexpr int kParts = 4;
constexpr int kLeastWords = 30;

// What is read ahead of: inputs that the cache does not hold.
constexpr int64_t kCachedBytes = 1 << 20;

// Swaps neighbouring groups of `distance` lanes.
template <int distance, class V, size_t... lane>
TA_INLINE V swapped(V v, std::index_sequence<lane...>) {
#if defined(__clang__)
  return __builtin_shufflevector(v, v, (lane ^ distance)...);
#else
  return __builtin_shuffle(v, Vector<Signed<LaneOf<V> > >{(lane ^ distance)...});
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
  static constexpr int kTurn = 8 * kLanes;
  static constexpr int kBitsOfVector = kLanes * kBitsPerLane<Lane>;
  static constexpr int kVectorsOfWord = 64 / kBitsOfVector;
  // A branch that is mispredicted costs as much as a look at some words. As above, with 1, 4 and 8:
  // (16384, 1000) float32 14.2, 25.8, 22.3; (256, 1000) 37.5, 40.1, 35.1; float16 33.2, 30.9, 31.9.
  static constexpr int kFewWords = 4;

  static TA_INLINE V at(const T* from) { return load_once<V>(from); }

  // Folds `turns` turns of 8 vectors, and what `a` has seen.
  template <bool ahead, class Fold>
  static TA_INLINE Fold fold_turns(Fold a, const T* from, int64_t turns) {
    Fold b = a, c = a, d = a;
    for (const T* const end = from + turns * kTurn; from < end; from += kTurn) {
      if constexpr (ahead) prefetch_ahead<8 * kVectorBytes>(from);
      a.see(at(from), at(from + kLanes));
      b.see(at(from + 2 * kLanes), at(from + 3 * kLanes));
      c.see(at(from + 4 * kLanes), at(from + 5 * kLanes));
      d.see(at(from + 6 * kLanes), at(from + 7 * kLanes));
    }
    a.merge(b);
    c.merge(d);
    a.merge(c);
    return a;
  }

  // Folds `from[0, count)`, with the last vector twice where the count is not whole vectors. Whole
  // turns begin with their first, as what is read in order is read ahead better: us so, and with
  // the last, (256, 262144) float32 15700, 18200; (8192, 8192) 16200, 18600; (2^28,) int8 16600,
  // 18400 (Zen 3, one thread, 2026-11-27); on a Xeon (Sapphire Rapids) 18950, 19340; 23570, 24590.
  template <class Fold, bool ahead>
  static TA_INLINE Fold fold(const T* from, int64_t count) {
    const T* const last = from + count - kLanes;
    Fold a(at(count % kTurn == 0 ? from : last));
    if (const int64_t turns = count / kTurn) {
      a = fold_turns<ahead>(a, from, turns);
      from += turns * kTurn;
    }
    for (; from < last; from += kLanes) {
      if constexpr (ahead) prefetch_ahead<kVectorBytes>(from);
      a.see(at(from));
    }
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

  // The best lanes of `from[0, count)`, of which that was `seen`; if it has a NaN, whatever.
  static TA_INLINE V lanes_of(const Seen<T, order>& seen, const T* from, int64_t count) {
    if constexpr (is_half<T>) {
      if (!seen.decided())
        return E::better(fold<NearestToZero<T, order>, false>(from, count).lanes(), seen.lanes());
    }
    return seen.lanes();
  }
  template <bool ahead>
  static TA_INLINE V best_lanes(const T* from, int64_t count, bool& has_nan) {
    const auto seen = fold<Seen<T, order>, ahead>(from, count);
    has_nan = seen.has_nan();
    return lanes_of(seen, from, count);
  }

  // Whether a second look at a row is worth narrowing down. What it looks for in bytes is rarely
  // far.
  static TA_INLINE bool is_worth_parts(int64_t length) {
    return sizeof(T) > 1 && length >= kLeastWords * kVectorsOfWord * kLanes && length < 2 * kChunk;
  }

  // Where the best of such a row stands, which is folded part by part.
  template <bool ahead>
  static int64_t best_in_parts(const T* row, int64_t length) {
    using Fold = Seen<T, order>;
    const int64_t turns = (length / kTurn + 1) / kParts, size = turns * kTurn;
    const auto fold_part = [=](const T* from) TA_INLINE_LAMBDA {
      return fold_turns<ahead>(Fold(at(from)), from, turns);
    };
    const Fold parts[kParts] = {fold_part(row), fold_part(row + size), fold_part(row + 2 * size),
                                fold<Fold, ahead>(row + 3 * size, length - 3 * size)};
    Fold all = parts[0];
    for (int part = 1; part < kParts; ++part)
      all.merge(parts[part]);
    if (all.has_nan()) return first_nan(row, length);
    const V best = spread<E>(lanes_of(all, row, length));
    V element = best;
    if constexpr (is_half<T>) {
      if (!all.decided() || !E::is_one(best[0])) return first_equal(row, length, best);
      element = E::element_of(best);
    }
    uint64_t holders = uint64_t{1} << (kParts - 1);
    for (int part = 0; part < kParts - 1; ++part)
      holders |= uint64_t{parts[part].holds(element)} << part;
    const int64_t part = __builtin_ctzll(holders), begin = part * size;
    return begin + first_equal(row + begin, part < kParts - 1 ? size : length - begin, best);
  }

  // Where the best of `row[0, length)` stands.
  template <bool ahead>
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
  const bool ahead = run.size * bytes > kCachedBytes;
  int64_t row = 0;
  if (length <= TurnedRows<T, order>::kLongest)
    row = TurnedRows<T, order>::reduce(run, length, end);
  if (bytes > kFewVectors * kVectorBytes) {
    using Long = Row<T, order>;
    const auto put_each = [&](auto best_of) TA_INLINE_LAMBDA {
      for (; row < run.size; ++row)
        run.put(row, best_of(run.input + row * run.stride, length));
    };
    if (Long::is_worth_parts(length)) {
      ahead ? put_each(Long::template best_in_parts<true>)
            : put_each(Long::template best_in_parts<false>);
    } else {
      ahead ? put_each(Long::template best_of<true>) : put_each(Long::template best_of<false>);
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
