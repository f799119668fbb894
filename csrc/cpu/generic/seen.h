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
  // Whether the element that is in all lanes of `best` is among them.
  TA_INLINE bool holds(V best) const { return equal_bits(best_, best) != 0; }

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
  TA_INLINE bool holds(V best) const { return equal_bits(best_, best) != 0; }

 private:
  V best_;
  Nans nan_;
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
  // As above, where that is decided: not of a lane, but of the element itself.
  TA_INLINE bool holds(V element) const {
    return bits_of((signed_max_ == element) | (reinterpret_cast<V>(unsigned_max_) == element)) != 0;
  }

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
