// strided_grid: everything is reduced, by a walk that does not follow the logical order: all blocks
// of a cooperative launch share it, value first.
//
//   run:    what lies side by side: everything if memory is dense, as of permuted tensors; else
//           what the fastest dimension has
//   item:   an aligned vector of a run
//   block:  parts of all items, by a counter
//   thread: every 512th item of a part, some in flight
//
// Only of a rank as great as any that the block has seen it is asked where it stands in the logical
// order. Soon few are, or if many are equal, most are known to come later. Then a thread goes over
// its items once more: what it keeps of them while they are loaded are their bits.
//
// On an H100 (2026-11-26), us: (256, 1024, 1024).permute(2, 0, 1) float32 355 with 8 vectors of a
// thread in flight, 366 with 4; so does (2^28,) by row_grid take 355, which has two blocks an SM.

#include "../combine.cuh"
#include "../grid.cuh"
#include "../launch.h"
#include "../plan.h"
#include "../vector.cuh"
#include "../walk.cuh"

namespace torch_argmax::cuda {
namespace {

// Of 8-bit elements many are as great as the best. If one of the first in the logical order is
// known from the beginning, most parts need not be asked for theirs.
template <class T>
constexpr bool kFewValues = sizeof(T) == 1;

template <class T, Order order>
using Best = Candidate<Rank<T, order>, int64_t>;

// What the threads of a block know of each other: the greatest key that one has seen.
template <class Key>
class Bar {
 public:
  __device__ __forceinline__ explicit Bar(Key& key) : key_(key) {
    if (threadIdx.x == 0) key_ = std::numeric_limits<Key>::lowest();
    __syncthreads();
  }
  // Others may be about to raise it, which does no harm.
  __device__ __forceinline__ bool admits(Key key) const { return key >= now(); }
  __device__ __forceinline__ bool is_above(Key key) const { return now() > key; }
  __device__ __forceinline__ void raise(Key key) {
    using Word = std::conditional_t<sizeof(Key) == 8, long long, int>;
    if (key > now()) atomicMax(reinterpret_cast<Word*>(&key_), static_cast<Word>(key));
  }

 private:
  __device__ __forceinline__ Key now() const { return *const_cast<volatile Key*>(&key_); }

  Key& key_;
};

// A bit for each of `unroll` items that a thread has, of `left` of its block.
__device__ __forceinline__ int seen(int64_t left, int unroll) {
  const int64_t items = (left + kStridedGridThreads - 1) / kStridedGridThreads;
  return (1 << min(items, int64_t{unroll})) - 1;
}

// `vector`, with what another has there in place of all but elements [first, end).
template <class T>
__device__ __forceinline__ Vector<T> blend(const Vector<T>& vector, const Vector<T>& other,
                                           int first, int end) {
  constexpr int kItemBits = 8 * sizeof(T);
  Vector<T> blended;
#pragma unroll
  for (int i = 0; i < Vector<T>::kWords; ++i) {
    // Shifts clamped to 32.
    const uint32_t from_first = __funnelshift_lc(0, ~0u, max(first * kItemBits - 32 * i, 0));
    const uint32_t from_end = __funnelshift_lc(0, ~0u, max(end * kItemBits - 32 * i, 0));
    const uint32_t mask = from_first & ~from_end;
    blended.words[i] = (vector.words[i] & mask) | (other.words[i] & ~mask);
  }
  return blended;
}

// The item of a walk, with elements of the run in place of others.
template <class T, class Walk>
__device__ __forceinline__ Vector<T> load_item(const T* item, const Walk& walk) {
  if (walk.is_whole()) return Vector<T>::load(item);
  T items[Vector<T>::kSize];
#pragma unroll
  for (int i = 0; i < Vector<T>::kSize; ++i)
    items[i] = item[min(max(i, walk.first()), walk.end() - 1)];
  Vector<T> vector;
  memcpy(vector.words, items, sizeof(items));
  return vector;
}

// Of a walk's item, what may win.
template <class T, Order order, class Walk>
__device__ __forceinline__ void see_item(const T* item, const Walk& walk, Bar<Key<T, order>> bar,
                                         Best<T, order>& best) {
  const auto vector = load_item(item, walk);
  const Greatest<T, order> greatest(vector);
  const auto rank = greatest.rank();
  if (!bar.admits(key_of(rank))) return;
  int i = max(greatest.first_in(vector), walk.first());
  best.merge(rank, walk.index(i));
  if (!walk.ascends()) {
#pragma unroll 1
    for (++i; i < walk.end(); ++i) {
      if (!beats(rank, rank_of<order>(item[i]))) best.merge(rank, walk.index(i));
    }
  }
  bar.raise(key_of(rank));
}

// A thread's items of [begin, end), by vectors: every 512th from where the walk stands. All threads
// of a block call it.
template <class T, Order order, class Walk>
__device__ __forceinline__ void see_vectors(const T* input, int64_t span, Walk& walk, int64_t begin,
                                            int64_t end, Bar<Key<T, order>> bar,
                                            Best<T, order>& best) {
  constexpr int kUnroll = 8, kSize = Vector<T>::kSize;
  // A vector of the walk, for those that are not or that may reach beyond the tensor.
  const T* harmless = input + (kSize - skew_of(input)) % kSize;
  const auto in_place = Vector<T>::load(harmless);
  // What some lane has.
  const auto of_warp =
      best_in_warp(Candidate<Key<T, order>, int64_t>{key_of(best.rank), best.index});
  // Whether that precedes the whole part, of which then only a greater one may win.
  const bool precedes = kFewValues<T> && of_warp.index <= walk.least_index(begin, end);
  for (int64_t left = end - begin - threadIdx.x; left > 0; left -= kUnroll * kStridedGridThreads) {
    Walk again = walk;
    Vector<T> loaded[kUnroll];
    int firsts[kUnroll], ends[kUnroll], unsafe = 0;
    bool all_whole = true;
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      // Past the last item that is looked at again.
      const bool is_safe = static_cast<uint64_t>(walk.offset()) <= span - kSize;
      loaded[u] = Vector<T>::load(is_safe ? input + walk.offset() : harmless);
      firsts[u] = walk.first();
      ends[u] = walk.end();
      all_whole &= walk.is_whole();
      unsafe |= (!is_safe && firsts[u] < ends[u]) << u;
      if (left > (u + 1) * kStridedGridThreads) walk.go_on();
    }
    if (!all_whole) {
#pragma unroll
      for (int u = 0; u < kUnroll; ++u)
        loaded[u] = blend(loaded[u], in_place, firsts[u], ends[u]);
    }
    Greatest<T, order> greatest(loaded[0]);
#pragma unroll
    for (int u = 1; u < kUnroll; ++u)
      greatest.see(loaded[u]);
    const auto key = key_of(greatest.rank());
    const bool may_win = bar.admits(key) && !(precedes && key <= of_warp.rank);
    if (!may_win && unsafe == 0) continue;
    bar.raise(key);
    int wanted = 0;
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      wanted |= bar.admits(key_of(Greatest<T, order>(loaded[u]).rank())) << u;
    wanted &= seen(left, kUnroll);
    unsafe &= seen(left, kUnroll);
    for (; (wanted | unsafe) != 0; wanted >>= 1, unsafe >>= 1, again.go_on()) {
      const bool is_empty = again.first() >= again.end();
      if (is_empty || ((wanted | unsafe) & 1) == 0) continue;
      // Most elements that are as great as the best come later. What was not loaded has not raised
      // the bar, and may be greater.
      const bool comes_later = !bar.is_above(of_warp.rank) && again.least_index() >= of_warp.index;
      if (comes_later && (unsafe & 1) == 0) continue;
      see_item<T, order>(input + again.offset(), again, bar, best);
    }
  }
}

// The best of what the threads of a block have, for all of them.
template <class Key, int kWarps>
__device__ __forceinline__ Candidate<Key, int64_t> best_in_block(
    Candidate<Key, int64_t> own, Candidate<Key, int64_t> (&warps)[kWarps]) {
  const auto of_warp = best_in_warp(own);
  const int lane = threadIdx.x % 32;
  if (lane == 0) warps[threadIdx.x / 32] = of_warp;
  __syncthreads();
  const auto best = best_in_warp(warps[lane < kWarps ? lane : 0]);
  __syncthreads();  // before others take their place
  return best;
}

// Of the first elements in the logical order, those of this thread.
template <class T, Order order>
__device__ __forceinline__ Best<T, order> best_of_first(const Work& work, const T* input) {
  constexpr int kElements = 2;
  const int64_t last = work.tiling.space().reduce - 1;
  T loaded[kElements];
  int64_t indices[kElements];
#pragma unroll
  for (int u = 0; u < kElements; ++u) {
    indices[u] = min(int64_t{threadIdx.x} + u * kStridedGridThreads, last);
    loaded[u] = input[offset_of(work, indices[u])];
  }
  Best<T, order> best{rank_of<order>(loaded[0]), indices[0]};
#pragma unroll
  for (int u = 1; u < kElements; ++u)
    best.see(rank_of<order>(loaded[u]), indices[u]);
  return best;
}

// What a thread finds in the parts, of `size` items each, that its block takes.
template <class T, Order order, class Walk, class See>
__device__ __forceinline__ Best<T, order> best_of_parts(Team& team, int size, Walk walk,
                                                        Best<T, order> best, See see) {
  const int64_t items = walk.items();
  team.begin(0);
  for (int part = team.first(); int64_t{part} * size < items; part = team.next(part)) {
    team.ask(part);
    const int64_t begin = int64_t{part} * size, end = min(begin + size, items);
    walk.go_to(min(begin + threadIdx.x, end - 1));
    see(walk, begin, end, best);
  }
  team.end();
  return best;
}

template <class T, Order order>
__global__ void __launch_bounds__(kStridedGridThreads, 1)
    strided_grid(const __grid_constant__ Work work) {
  __shared__ int next[2];
  __shared__ Key<T, order> greatest;
  __shared__ Candidate<Key<T, order>, int64_t> warps[kStridedGridThreads / 32];
  const T* input = static_cast<const T*>(work.input);
  Team team(work, next, kStridedPart);
  const int64_t span = span_of(work);
  Bar<Key<T, order>> bar(greatest);
  const auto by_vectors = [&](auto& walk, int64_t begin, int64_t end, Best<T, order>& best) {
    see_vectors<T, order>(input, span, walk, begin, end, bar, best);
  };
  Best<T, order> best{lowest<Rank<T, order>>(), 0};
  if constexpr (kFewValues<T>) {
    best = best_in_block(best_of_first<T, order>(work, input), warps);
    bar.raise(best.rank);
  }
  if (is_dense(work.dims, work.reduce_count)) {
    best = best_of_parts<T, order>(team, kStridedPart, DenseWalk<T>(work, input), best, by_vectors);
  } else {
    best = best_of_parts<T, order>(team, kStridedPart, RowWalk<T>(work, input), best, by_vectors);
  }

  const auto of_block =
      best_in_block(Candidate<Key<T, order>, int64_t>{key_of(best.rank), best.index}, warps);
  if (threadIdx.x == 0) store<T>(work, team.member(), 0, Place{}, of_block.rank, of_block.index);
  combine_in_grid<T, order>(work);
}

const Registration registration("strided_grid", [](auto type, auto order) {
  return &strided_grid<typename decltype(type)::type, decltype(order)::value>;
});

}  // namespace
}  // namespace torch_argmax::cuda
