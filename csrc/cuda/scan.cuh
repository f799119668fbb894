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

// The best of `run[0, length)` that falls to `worker` of `workers`. All loads are of aligned
// vectors: the first and the last may reach past the run, within the 16 bytes that hold an element
// of it and so within its allocation; what is not of the run is not looked at. Every worker starts
// from the first element, so it holds a real candidate even if nothing else falls to it.
template <Order order, class T>
__device__ __forceinline__ auto scan(const T* run, int length, int worker, int workers) {
  using Vector = Vector<T>;
  // 64 bytes in flight a thread; 32 where those are 64 elements, too many to hold in registers.
  constexpr int kUnroll = sizeof(T) == 1 ? 2 : 4;
  // Positions count from the vector that holds the first element.
  const int skipped =
      static_cast<int>(reinterpret_cast<uintptr_t>(run) % sizeof(uint4) / sizeof(T));
  const T* vectors = run - skipped;
  const int end = skipped + length;
  Candidate<Rank<T, order>, int> best{rank_of<order>(run[0]), skipped};
  const auto see = [&](const Vector& vector, int first) {
    if (first >= skipped && first + Vector::kSize <= end) {
#pragma unroll
      for (int i = 0; i < Vector::kSize; ++i) {
        best.see(rank_of<order>(vector.items[i]), first + i);
      }
    } else {
#pragma unroll
      for (int i = 0; i < Vector::kSize; ++i) {
        const int position = first + i;
        if (position >= skipped && position < end) {
          best.see(rank_of<order>(vector.items[i]), position);
        }
      }
    }
  };
  const int stride = workers * Vector::kSize;
  for (int first = worker * Vector::kSize; first < end; first += kUnroll * stride) {
    Vector loaded[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      if (first + u * stride < end) loaded[u] = Vector::load(vectors + first + u * stride);
    }
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      if (first + u * stride < end) see(loaded[u], first + u * stride);
    }
  }
  best.index -= skipped;
  return best;
}

}  // namespace torch_argmax::cuda
