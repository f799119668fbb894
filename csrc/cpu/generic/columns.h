// columns: neighbouring elements belong to neighbouring results. A task walks down the rows of a
// tile of columns, as memory lies. A lane is a column, with its candidate's value and index in two
// vectors; an index is as wide as an element, so rows are counted in blocks that it can count.

// Candidates of so many vectors stay in registers; none where vectors have 64 bytes.
constexpr int kHeldVectors = kVectorBytes < 64 ? 4 : 0;

// Adjacent rows are read together up to this: as many as fit in registers, or else 1 KB. On an EPYC
// (Zen 3, AVX2), one thread, 2026-11-27, us with 1 KB, with 128 bytes, and so in registers: (2^22,
// 16) dim 0 float32 23317, 17762, 17599; (256, 4096, 33) dim 1 14697, 8775, 8653; (65536, 16) 85.3,
// 93.1, 79.8, float16 61.7, 57.9, 53.7. On a Xeon (Sapphire Rapids, AVX-512) with 1 KB and with 128
// bytes (2^22, 16) 15479, 17608, (2^23, 16) int8 10659, 12024; of the read floor with 1 and 4 KB
// (2026-11-26) (2^21, 16) float32 0.79, 0.83; (256, 1000, 20) dim 1 float16 0.36, 0.18: folding
// what they found takes time.
constexpr int kTogetherBytes = kHeldVectors == 0 ? 1024 : kHeldVectors * kVectorBytes;

template <class T, Order order>
struct Columns {
  using E = Elements<T, order>;
  using Lane = typename E::Lane;
  using V = typename E::V;
  using Index = Unsigned<Lane>;
  using I = Vector<Index>;
  static constexpr int kLanes = kVectorBytes / sizeof(T);
  static constexpr int kTile = kColumnTileBytes / sizeof(T);
  static constexpr int kTileVectors = kColumnTileBytes / kVectorBytes;
  // So few rows are seen vector by vector, with candidates in registers. On a Xeon (Sapphire
  // Rapids), one thread, 2026-11-26, GB/s with 1, 4 and 32: (2, 2^24) float32 3.4, 4.2, 4.1; (4,
  // 21, 2^18) float16 15.9, 16.5, 13.9.
  static constexpr int kFewRows = 4;
  // Rows that are read together, so that candidates are loaded and stored once for all of them.
  static constexpr int kRows = 4;
  static constexpr int64_t kBlock = sizeof(T) < 4 ? int64_t{1} << 8 * sizeof(T) : kMaxReduceTile;
  // A processor alone does not read far enough ahead. Rows side by side of up to so much are read
  // ahead of as short rows are. As above, 2026-11-27, without and with: (2^22, 16) dim 0 float32
  // 40, 51; (32, 2048, 500) dim 1 42, 50; (100, 1000, 512) 23, 32.
  static constexpr int kNarrowBytes = 2048;
  // Others are read ahead of by so much, at the end of the tile from the beginning of the rows
  // below. As above, us without, with 512, 1024, 2048 and 3072: (16, 21, 512, 512) float16 25318,
  // 22443, 21509, 21315, 21517; (16, 512, 4095) float32 9404, 8509, 7944, 7937, 7940; (64, 512,
  // 2048) int8 2772, 2768, 2759, 2813, 3032; (64, 4095) dim 0 float32 34.7, 31.0, 30.7, 30.6, 31.3.
  static constexpr int64_t kNearBytes = 1024;

  // The candidates of a tile: of each column the best element, as a lane, and the number of its
  // row.
  struct Tile {
    Lane best[kTile];
    int row[kTile];
  };

  // A NaN that is held stays.
  static TA_INLINE typename E::Mask wins(V lanes, V best) {
    if constexpr (E::kHasNan) {
      using Mask = typename E::Mask;
      const Mask not_worse = order == Order::Max ? Mask(lanes <= best) : Mask(lanes >= best);
      return ~not_worse & (best == best);
    } else {
      return E::beats(lanes, best);
    }
  }

  // Sees `rows` rows, of which `from` is the first, in the lanes of one vector. Two rows cost one
  // look for NaN, which is overlooked otherwise, unless `careful`.
  template <int rows, bool careful>
  static TA_INLINE void see(const T* from, int64_t stride, V& best, I& age, Nans& nan) {
    V elements[rows];
    for (int r = 0; r < rows; ++r)
      elements[r] = load_once<V>(from + r * stride);
    if constexpr (E::kHasNan && !careful) {
      for (int r = 0; r < rows; r += 2)
        nan |= unordered(elements[r], elements[r + 1 < rows ? r + 1 : r]);
    }
    for (int r = 0; r < rows; ++r) {
      const V lanes = E::of(elements[r]);
      if constexpr (careful) {
        const auto won = wins(lanes, best);
        best = won ? lanes : best;
        age = won ? I{} : age + Index{1};
      } else {
        see_next<E>(lanes, best, age);
      }
    }
  }

  // Makes good what `see` has overlooked: the first NaN of each lane.
  template <int rows>
  static TA_INLINE void see_nan(const T* from, int64_t stride, V& best, I& age) {
    for (int r = 0; r < rows; ++r) {
      const V lanes = load<V>(from + r * stride);
      const auto first = (lanes != lanes) & (best == best);
      best = first ? lanes : best;
      age = first ? splat<Index>(rows - 1 - r) : age;
    }
  }

  // Sees a block of `rows` rows, vector by vector of `width` columns; with care from the first
  // NaN on. Of kHeld vectors, if that is not 0.
  template <int kHeld>
  static TA_INLINE void see_block(const T* from, int64_t stride, int64_t rows, int width,
                                  V* best_of, I* age_of) {
    V held_best[kHeld + 1];
    I held_age[kHeld + 1];
    V* const best = kHeld > 0 ? held_best : best_of;
    I* const age = kHeld > 0 ? held_age : age_of;
    const int vectors = kHeld > 0 ? kHeld : (width + kLanes - 1) / kLanes, last = width - kLanes;
    const bool narrow = stride == width && width * sizeof(T) <= kNarrowBytes;
    const auto each = [&](auto see_vector) TA_INLINE_LAMBDA {
      if constexpr (kHeld > 0) {
#pragma GCC unroll 8
        for (int v = 0; v < kHeld - 1; ++v)
          see_vector(v, v * kLanes);
      } else {
        for (int v = 0; v < vectors - 1; ++v)
          see_vector(v, v * kLanes);
      }
      see_vector(vectors - 1, last);
    };
    Nans nan{};
    const auto see_rows = [&](int64_t row, auto count, auto careful) TA_INLINE_LAMBDA {
      const int64_t below = (count * stride - width) * int64_t{sizeof(T)};
      each([&](int v, int column) TA_INLINE_LAMBDA {
        const T* const at = from + row * stride + column;
        const bool turns = (width - column) * int{sizeof(T)} <= kNearBytes;
        const int64_t distance = narrow ? kAhead : kNearBytes + (turns ? below : 0);
        for (int r = 0; r < count; ++r)
          prefetch<kVectorBytes>(at + r * stride, distance);
        see<count, careful>(at, stride, best[v], age[v], nan);
      });
    };
    each([&](int v, int column) TA_INLINE_LAMBDA {
      const V first = load<V>(from + column);
      best[v] = E::of(first);
      age[v] = I{};
      if constexpr (E::kHasNan) nan |= unordered(first, first);
    });
    constexpr std::integral_constant<int, 1> one{};
    constexpr std::integral_constant<int, kRows> several{};
    constexpr std::bool_constant<E::kHasNan> careful{};
    int64_t row = 1;
    for (; !any(nan) && row + kRows <= rows; row += kRows) {
      see_rows(row, several, std::false_type());
      if constexpr (E::kHasNan) {
        if (!any(nan)) continue;
        each([&](int v, int column) TA_INLINE_LAMBDA {
          see_nan<kRows>(from + row * stride + column, stride, best[v], age[v]);
        });
      }
    }
    if constexpr (E::kHasNan) {
      for (; row + kRows <= rows; row += kRows)
        see_rows(row, several, careful);
    }
    for (; row < rows; ++row)
      see_rows(row, one, careful);
    if constexpr (kHeld > 0) {
      memcpy(best_of, held_best, kHeld * sizeof(V));
      memcpy(age_of, held_age, kHeld * sizeof(I));
    }
  }

  // Reduces `rows` rows of `width` columns, a vector's lanes or more. The last vector overlaps with
  // the one before where the width is not whole vectors: both see the same.
  static void reduce(const T* from, int64_t stride, int64_t rows, int width, Tile& tile) {
    V best[kTileVectors];
    I age[kTileVectors];
    const int vectors = (width + kLanes - 1) / kLanes;
    const int last = width - kLanes;
    const auto column = [&](int v) TA_INLINE_LAMBDA { return smaller(v * kLanes, last); };
    if (rows <= kFewRows) {
      for (int v = 0; v < vectors; ++v) {
        const T* at = from + column(v);
        for (int64_t r = 0; r < rows; ++r)
          prefetch<kVectorBytes>(at + r * stride, kNearBytes);
        V held = E::of(load<V>(at));
        I held_age{};
        Nans nan{};
        for (int64_t r = 1; r < rows; ++r)
          see<1, E::kHasNan>(at + r * stride, stride, held, held_age, nan);
        keep(held, splat<Index>(rows - 1) - held_age, 0, column(v), tile);
      }
      return;
    }
    for (int64_t block = 0; block < rows; block += kBlock) {
      const int64_t count = smaller(rows - block, kBlock);
      const T* const at = from + block * stride;
      if (vectors == kHeldVectors) {
        see_block<kHeldVectors>(at, stride, count, width, best, age);
      } else {
        see_block<0>(at, stride, count, width, best, age);
      }
      for (int v = 0; v < vectors; ++v)
        keep(best[v], splat<Index>(count - 1) - age[v], block, column(v), tile);
    }
  }

  // Merges the candidates of a block, which begins at row `block`, into the tile's.
  static TA_INLINE void keep(V best, I row, int64_t block, int column, Tile& tile) {
    Lane* const held = tile.best + column;
    int* const held_row = tile.row + column;
    if (block == 0) {
      memcpy(held, &best, sizeof(V));
      for (int i = 0; i < kLanes; ++i)
        held_row[i] = static_cast<int>(row[i]);
      return;
    }
    for (uint64_t won = bits_of(wins(best, load<V>(held))); won;) {
      const int i = static_cast<int>(first_of<Lane>(won));
      constexpr uint64_t lane = (uint64_t{1} << kBitsPerLane<Lane>)-1;
      won &= ~(lane << i * kBitsPerLane<Lane>);
      held[i] = best[i];
      held_row[i] = static_cast<int>(block + row[i]);
    }
  }

  // Merges a row of less than a tile, column by column, into candidates that stand before it.
  static TA_INLINE void see_row(const T* from, int64_t row, int width, Tile& tile) {
    for (int c = 0; c < width; c += kLanes) {
      const int count = static_cast<int>(smaller(kLanes, width - c));
      V elements{};
      memcpy(&elements, from + c, count * sizeof(T));
      const V lanes = E::of(elements);
      const auto won = wins(lanes, load<V>(tile.best + c));
      for (int i = 0; i < count; ++i) {
        if (won[i] == 0) continue;
        tile.best[c + i] = lanes[i];
        tile.row[c + i] = static_cast<int>(row);
      }
    }
  }

  // Reduces `rows` adjacent rows of `width` columns as rows of several. Candidates of a column are
  // then folded, of equal ones the first row.
  static TA_INLINE void reduce_adjacent(const T* from, int64_t rows, int width, int together,
                                        Tile& tile) {
    reduce(from, together * width, rows / together, together * width, tile);
    for (int r = 0; r < together; ++r) {
      for (int c = 0; c < width; ++c)
        tile.row[r * width + c] = tile.row[r * width + c] * together + r;
    }
    for (int half = together / 2; half > 0; half /= 2)
      fold(half * width, tile);
    for (int64_t r = rows / together * together; r < rows; ++r)
      see_row(from + r * width, r, width, tile);
  }

  // Merges as many candidates as the first `count` into those, and of equal ones keeps the first
  // row.
  static TA_INLINE void fold(int count, Tile& tile) {
    for (int i = 0; i < count; ++i) {
      const Lane a = tile.best[i], b = tile.best[count + i];
      const int a_row = tile.row[i], b_row = tile.row[count + i];
      const bool wins = lane_wins(b, a), loses = lane_wins(a, b);
      const bool b_wins = wins | (!loses & (b_row < a_row));
      tile.best[i] = b_wins ? b : a;
      tile.row[i] = b_wins ? b_row : a_row;
    }
  }

  static TA_INLINE bool lane_wins(Lane a, Lane b) {
    if constexpr (E::kHasNan) {
      return order == Order::Max ? beats(a, b) : beats(-a, -b);
    } else {
      return E::kOrder == Order::Max ? a > b : a < b;
    }
  }

  // Reduces rows of less than a vector's lanes: vectors reach past them, but not past `end`.
  static TA_INLINE void reduce_narrow(const T* from, int64_t stride, int64_t rows, int width,
                                      const T* end, Tile& tile) {
    int64_t inside = from + kLanes <= end ? (end - from - kLanes) / stride + 1 : 0;
    inside = smaller(inside, rows);
    if (inside > 0) {
      reduce(from, stride, inside, kLanes, tile);
    } else {
      V elements{};
      memcpy(&elements, from, width * sizeof(T));
      keep(E::of(elements), I{}, 0, 0, tile);
      inside = 1;
    }
    for (int64_t r = inside; r < rows; ++r)
      see_row(from + r * stride, r, width, tile);
  }
};

// How many adjacent rows are read as one: a vector at least, if there are so many, and as many as
// leave enough rows to be worth the folding.
inline int rows_together(int row_bytes, int64_t rows) {
  const auto pays = [&](int together) {
    return together * row_bytes <= kVectorBytes ||
           (together * row_bytes <= kTogetherBytes && rows / together >= 128);
  };
  int together = 1;
  while (2 * together <= rows && pays(2 * together))
    together *= 2;
  return together;
}

template <class T, Order order>
void columns(const Work& work, const Box& box) {
  using C = Columns<T, order>;
  typename C::Tile tile;
  const T* const end = static_cast<const T*>(work.input) + extent(work);
  const int width = static_cast<int>(box.inner.size());
  const int64_t rows = box.reduce.size();
  const int together =
      work.reduced_stride == width ? rows_together(width * int{sizeof(T)}, rows) : 1;
  for (int64_t outer = box.outer.begin; outer < box.outer.end; ++outer) {
    const auto run = Run<T, order>::along_inner(work, box, outer);
    if (together * width < C::kLanes) {
      C::reduce_narrow(run.input, work.reduced_stride, rows, width, end, tile);
    } else if (together > 1) {
      C::reduce_adjacent(run.input, rows, width, together, tile);
    } else {
      C::reduce(run.input, work.reduced_stride, rows, width, tile);
    }
    run.put_all(0, run.size, tile.row);
  }
}
