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

// The best of `run[0, length)` that falls to `worker` of `workers`. Elements up to the first
// 16-byte boundary and past the last whole vector are read one by one. Every worker starts from the
// first element, so it holds a real candidate even if nothing else falls to it.
template <Order order, class T>
__device__ __forceinline__ auto scan(const T* run, int length, int worker, int workers) {
  using Vector = Vector<T>;
  constexpr int kUnroll = 4;  // 64 bytes in flight a thread
  Candidate<Rank<T, order>, int> best{rank_of<order>(run[0]), 0};

  const int misalignment = static_cast<int>(reinterpret_cast<uintptr_t>(run) % sizeof(uint4));
  const int to_boundary = (sizeof(uint4) - misalignment) % sizeof(uint4) / sizeof(T);
  const int head = min(length, to_boundary);
  for (int i = worker; i < head; i += workers)
    best.see(rank_of<order>(run[i]), i);

  const auto see = [&](const Vector& vector, int first) {
#pragma unroll
    for (int i = 0; i < Vector::kSize; ++i)
      best.see(rank_of<order>(vector.items[i]), first + i);
  };
  const int stride = workers * Vector::kSize;
  const int body = head + (length - head) / Vector::kSize * Vector::kSize;
  int first = head + worker * Vector::kSize;
  for (; first + (kUnroll - 1) * stride < body; first += kUnroll * stride) {
    Vector vectors[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      vectors[u] = Vector::load(run + first + u * stride);
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      see(vectors[u], first + u * stride);
  }
  for (; first < body; first += stride)
    see(Vector::load(run + first), first);

  for (int i = body + worker; i < length; i += workers)
    best.see(rank_of<order>(run[i]), i);
  return best;
}

}  // namespace torch_argmax::cuda
