#pragma once
// How a group of threads reads a contiguous run of elements.

#include "../order.h"

namespace torch_argmax::cuda {

// A vector of elements, moved by one 16-byte load.
template <class T>
struct Vector {
  static constexpr int kSize = 16 / sizeof(T);
  T items[kSize];

  static __device__ __forceinline__ Vector load(const T* address) {
    const uint4 bits = __ldg(reinterpret_cast<const uint4*>(address));
    Vector vector;
    memcpy(&vector, &bits, sizeof(vector));
    return vector;
  }
};

// The best of `run[0, length)` that falls to `worker` of `workers`, which share out the run's
// aligned 16-byte vectors. Of the first and the last vector only a part may belong to the run:
// those elements are read one by one, and nothing outside the run ever is. Every worker starts from
// the first element, so it holds a real candidate even if nothing else falls to it.
template <Order order, class T>
__device__ __forceinline__ auto scan(const T* run, int length, int worker, int workers) {
  using Vector = Vector<T>;
  // 64 bytes in flight a thread; 32 where those are 64 elements, too many to hold in registers.
  constexpr int kUnroll = sizeof(T) == 1 ? 2 : 4;

  // Positions count from the vector that holds the first element.
  const int begin = static_cast<int>(reinterpret_cast<uintptr_t>(run) % sizeof(uint4) / sizeof(T));
  const int end = begin + length;
  const T* vectors = run - begin;
  Candidate<Rank<T, order>, int> best{rank_of<order>(run[0]), begin};

  const int stride = workers * Vector::kSize;
  for (int first = worker * Vector::kSize; first < end; first += kUnroll * stride) {
    Vector loaded[kUnroll];
    const auto is_whole = [&](int u) {
      const int position = first + u * stride;
      return position >= begin && position + Vector::kSize <= end;
    };
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      if (is_whole(u)) loaded[u] = Vector::load(vectors + first + u * stride);
    }
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      const int position = first + u * stride;
      if (is_whole(u)) {
#pragma unroll
        for (int i = 0; i < Vector::kSize; ++i) {
          best.see(rank_of<order>(loaded[u].items[i]), position + i);
        }
      } else {
        for (int i = max(position, begin); i < min(position + Vector::kSize, end); ++i) {
          best.see(rank_of<order>(vectors[i]), i);
        }
      }
    }
  }
  best.index -= begin;
  return best;
}

}  // namespace torch_argmax::cuda
