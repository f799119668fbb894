// strided: anything, result by result. The walk follows memory, run by run along the fastest
// reduced dimension, so candidates are merged by their logical index.

template <class T, Order order>
void strided(const Work& work, const Box& box) {
  const Dim fastest = work.dims[work.outer_count + work.reduce_count - 1];
  for (int64_t result = box.outer.begin; result < box.outer.end; ++result) {
    const Place place = work.result_at(result);
    const T* elements = static_cast<const T*>(work.input) + place.offset;
    const Place start = work.reduce_at(box.reduce.begin);
    Candidate<Rank<T, order>, int64_t> best{rank_of<order>(elements[start.offset]), start.step};
    for (int64_t position = box.reduce.begin; position < box.reduce.end;) {
      const Place walk = work.reduce_at(position);
      const int64_t size =
          smaller(fastest.size - position % fastest.size, box.reduce.end - position);
      if (fastest.stride == 1 && size >= Row<T, order>::kLanes) {
        const T* const run = elements + walk.offset;
        const int64_t first = Row<T, order>::best_of(run, size);
        best.merge(rank_of<order>(run[first]), walk.step + first * fastest.step);
      } else {
        for (int64_t i = 0; i < size; ++i) {
          best.merge(rank_of<order>(elements[walk.offset + i * fastest.stride]),
                     walk.step + i * fastest.step);
        }
      }
      position += size;
    }
    store<T>(work, box.split, result, place, best.rank, best.index);
  }
}
