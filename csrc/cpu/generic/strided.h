// strided: anything. The walk follows memory, run by run along the fastest reduced dimension, so
// candidates are merged by their logical index.

// Reduces a run of contiguous elements, unless all are worse than the best of the runs before.
template <class T, Order order>
class Runs {
 public:
  using E = Elements<T, order>;
  using V = typename E::V;
  static constexpr int kLanes = Row<T, order>::kLanes;

  TA_INLINE void see(const T* run, int64_t size, int64_t index, int64_t step,
                     Candidate<Rank<T, order>, int64_t>& best) {
    bool has_nan;
    const V lanes = Row<T, order>::template best_lanes<true>(run, size, has_nan);
    if (any_ && !has_nan && bits_of(E::beats(best_, lanes)) == kAllLanes) return;
    const int64_t first = Row<T, order>::template best_of<false>(run, size);
    best.merge(rank_of<order>(run[first]), index + first * step);
    // Not that of a NaN, which no vector may be compared with: then all runs are looked into.
    const V greatest = spread<E>(lanes);
    best_ = any_ ? E::better(greatest, best_) : greatest;
    any_ = !has_nan;
  }

 private:
  static constexpr uint64_t kAllLanes = ~uint64_t{0} >>
                                        (64 - kLanes * kBitsPerLane<typename E::Lane>);
  V best_{};
  bool any_ = false;
};

template <class T, Order order>
TA_INLINE Candidate<Rank<T, order>, int64_t> walk(const Work& work, const T* elements,
                                                  Range range) {
  const Dim fastest = work.dims[work.outer_count + work.reduce_count - 1];
  const Place start = work.reduce_at(range.begin);
  Candidate<Rank<T, order>, int64_t> best{rank_of<order>(elements[start.offset]), start.step};
  Runs<T, order> runs;
  for (int64_t position = range.begin; position < range.end;) {
    const Place place = work.reduce_at(position);
    const T* const run = elements + place.offset;
    const int64_t size = smaller(fastest.size - position % fastest.size, range.end - position);
    if (fastest.stride == 1 && size >= Runs<T, order>::kLanes) {
      runs.see(run, size, place.step, fastest.step, best);
    } else {
      for (int64_t i = 0; i < size; ++i)
        best.merge(rank_of<order>(run[i * fastest.stride]), place.step + i * fastest.step);
    }
    position += size;
  }
  return best;
}

// Results that lie nearer to each other than the elements of each are reduced side by side, lest
// each walks through all of the same memory.
constexpr int kSideBySide = 128;

template <class T, Order order>
TA_INLINE void side_by_side(const Work& work, const Box& box, int64_t first, int count) {
  Candidate<Rank<T, order>, int64_t> best[kSideBySide];
  Place places[kSideBySide];
  const T* from = static_cast<const T*>(work.input) + box.reduce.begin * work.reduced_stride;
  for (int i = 0; i < count; ++i) {
    places[i] = work.result_at(first + i);
    best[i] = {rank_of<order>(from[places[i].offset]), box.reduce.begin};
  }
  for (int64_t position = box.reduce.begin + 1; position < box.reduce.end; ++position) {
    from += work.reduced_stride;
    for (int i = 0; i < count; ++i)
      best[i].see(rank_of<order>(from[places[i].offset]), position);
  }
  for (int i = 0; i < count; ++i)
    store<T>(work, box.split, first + i, places[i], best[i].rank,
             best[i].index * work.reduced_step);
}

template <class T, Order order>
void strided(const Work& work, const Box& box) {
  if (work.reduce_count == 1 && work.outer_stride < work.reduced_stride) {
    for (int64_t result = box.outer.begin; result < box.outer.end; result += kSideBySide) {
      const int64_t count = smaller(kSideBySide, box.outer.end - result);
      side_by_side<T, order>(work, box, result, static_cast<int>(count));
    }
    return;
  }
  for (int64_t result = box.outer.begin; result < box.outer.end; ++result) {
    const Place place = work.result_at(result);
    const T* const elements = static_cast<const T*>(work.input) + place.offset;
    const auto best = walk<T, order>(work, elements, box.reduce);
    store<T>(work, box.split, result, place, best.rank, best.index);
  }
}
