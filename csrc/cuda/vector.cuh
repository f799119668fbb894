#pragma once
// A vector of elements, moved by one load of up to 16 bytes, and the greatest rank among its
// elements.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "../order.h"

namespace torch_argmax::cuda {

// Held as whole registers: an array of small elements would be taken apart and put together again.
template <class T, int kBytes = 16>
struct alignas(kBytes) Vector {
  static constexpr int kWords = kBytes / 4;
  static constexpr int kSize = kBytes / sizeof(T);
  uint32_t words[kWords];

  static __device__ __forceinline__ Vector load(const T* address) {
    if constexpr (kBytes == 16) {
      const uint4 bits = __ldg(reinterpret_cast<const uint4*>(address));
      return {bits.x, bits.y, bits.z, bits.w};
    } else if constexpr (kBytes == 8) {
      const uint2 bits = __ldg(reinterpret_cast<const uint2*>(address));
      return {bits.x, bits.y};
    } else {
      return {__ldg(reinterpret_cast<const uint32_t*>(address))};
    }
  }
  // From shared memory, as a whole: the compiler would take a struct apart.
  static __device__ __forceinline__ Vector load_shared(const T* address) {
    static_assert(kBytes >= 8);
    using Bits = std::conditional_t<kBytes == 16, uint4, uint2>;
    const Bits bits = *reinterpret_cast<const Bits*>(address);
    Vector vector;
    memcpy(vector.words, &bits, kBytes);
    return vector;
  }
  // From global memory by elements, from where no vector begins.
  static __device__ __forceinline__ Vector load_elements(const T* address) {
    T items[kSize];
#pragma unroll
    for (int i = 0; i < kSize; ++i)
      items[i] = address[i];
    Vector vector;
    memcpy(vector.words, items, kBytes);
    return vector;
  }

  __device__ __forceinline__ T operator[](int i) const {
    T item;
    if constexpr (sizeof(T) < 4) {
      constexpr int kItemsPerWord = 4 / sizeof(T);
      const uint32_t bits = words[i / kItemsPerWord] >> (8 * sizeof(T) * (i % kItemsPerWord));
      memcpy(&item, &bits, sizeof(T));  // the low bytes
    } else {
      memcpy(&item, words + i * (sizeof(T) / 4), sizeof(T));
    }
    return item;
  }
};

// The greater of two ranks, as `beats` has it.
__device__ __forceinline__ int32_t greater(int32_t a, int32_t b) {
  return max(a, b);
}
__device__ __forceinline__ int64_t greater(int64_t a, int64_t b) {
  return max(a, b);
}
__device__ __forceinline__ float greater(float a, float b) {
  float result;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
}
__device__ __forceinline__ double greater(double a, double b) {
  return beats(b, a) ? b : a;
}

// The greatest rank of all the vectors seen: an instruction or less for each element, where the
// index takes three more.
template <class T, Order order, int kBytes = 16>
class Greatest {
 public:
  __device__ __forceinline__ explicit Greatest(const Vector<T, kBytes>& vector)
      : rank_(rank_of<order>(vector[0])) {
    see(vector);
  }
  __device__ __forceinline__ void see(const Vector<T, kBytes>& vector) {
#pragma unroll
    for (int i = 0; i < Vector<T, kBytes>::kSize; ++i)
      rank_ = greater(rank_, rank_of<order>(vector[i]));
  }
  __device__ __forceinline__ Rank<T, order> rank() const {
    return rank_;
  }

  __device__ __forceinline__ bool is_in(const Vector<T, kBytes>& vector) const {
    return !beats(rank_, Greatest(vector).rank_);
  }

  // The place of the first element of that rank in a vector that has one.
  __device__ __forceinline__ int first_in(const Vector<T, kBytes>& vector) const {
    int first = Vector<T, kBytes>::kSize;
#pragma unroll
    for (int i = Vector<T, kBytes>::kSize - 1; i >= 0; --i)
      first = beats(rank_, rank_of<order>(vector[i])) ? first : i;
    return first;
  }

 private:
  Rank<T, order> rank_;
};

// The 16-bit floats have instructions for two elements at once.
template <class T, class Pair, Order order, int kBytes>
class GreatestOfPairs {
 public:
  __device__ __forceinline__ explicit GreatestOfPairs(const Vector<T, kBytes>& vector) {
    memcpy(&pair_, vector.words, sizeof(pair_));
    see(vector);
  }
  __device__ __forceinline__ void see(const Vector<T, kBytes>& vector) {
#pragma unroll
    for (int i = 0; i < Vector<T, kBytes>::kWords; ++i)
      pair_ = greater_of_each(pair_, pair_at(vector, i));
  }
  __device__ __forceinline__ Rank<T, order> rank() const {
    T items[2];
    memcpy(items, &pair_, sizeof(items));
    return greater(rank_of<order>(items[0]), rank_of<order>(items[1]));
  }
  __device__ __forceinline__ bool is_in(const Vector<T, kBytes>& vector) const {
    return !beats(rank(), GreatestOfPairs(vector).rank());
  }
  __device__ __forceinline__ int first_in(const Vector<T, kBytes>& vector) const {
    const Pair greatest = greater_of_each(pair_, __lowhigh2highlow(pair_));
    const bool is_nan = __hneu2_mask(greatest, greatest) != 0;
    int first = Vector<T, kBytes>::kSize;
#pragma unroll
    for (int i = Vector<T, kBytes>::kWords - 1; i >= 0; --i) {
      const Pair pair = pair_at(vector, i);
      const uint32_t found = is_nan ? __hneu2_mask(pair, pair) : __heq2_mask(pair, greatest);
      first = found & 0xffff ? 2 * i : found ? 2 * i + 1 : first;
    }
    return first;
  }

 private:
  static __device__ __forceinline__ Pair greater_of_each(Pair a, Pair b) {
    return order == Order::Max ? __hmax2_nan(a, b) : __hmin2_nan(a, b);
  }
  static __device__ __forceinline__ Pair pair_at(const Vector<T, kBytes>& vector, int i) {
    Pair pair;
    memcpy(&pair, vector.words + i, sizeof(pair));
    return pair;
  }

  Pair pair_;
};

// Bytes compare two at a time, as the upper halves of 16-bit integers: whatever stands below them
// decides only between equal ones. On sm_90 and later one instruction takes two such pairs.
template <class T, Order order, int kBytes>
class GreatestOfBytes {
 public:
  __device__ __forceinline__ explicit GreatestOfBytes(const Vector<T, kBytes>& vector)
      : pair_(vector.words[0]) {
    see(vector);
  }
  __device__ __forceinline__ void see(const Vector<T, kBytes>& vector) {
#pragma unroll
    for (int i = 0; i < Vector<T, kBytes>::kWords; ++i)
      pair_ = greatest_of_each(pair_, vector.words[i], vector.words[i] << 8);
  }
  __device__ __forceinline__ Rank<T, order> rank() const {
    return greater(rank_of<order>(static_cast<T>(pair_ >> 8)),
                   rank_of<order>(static_cast<T>(pair_ >> 24)));
  }
  __device__ __forceinline__ bool is_in(const Vector<T, kBytes>& vector) const {
    return !beats(rank(), GreatestOfBytes(vector).rank());
  }
  __device__ __forceinline__ int first_in(const Vector<T, kBytes>& vector) const {
    const uint32_t greatest =
        static_cast<uint8_t>(order == Order::Max ? rank() : reverse(rank())) * 0x01010101u;
    int first = Vector<T, kBytes>::kSize;
#pragma unroll
    for (int i = Vector<T, kBytes>::kWords - 1; i >= 0; --i) {
      // The top bit of the first byte that is zero, and of none before it.
      const uint32_t other = vector.words[i] ^ greatest;
      const uint32_t found = (other - 0x01010101u) & ~other & 0x80808080u;
      first = found ? 4 * i + (__ffs(static_cast<int>(found)) - 1) / 8 : first;
    }
    return first;
  }

 private:
  static __device__ __forceinline__ uint32_t greatest_of_each(uint32_t a, uint32_t b, uint32_t c) {
    if constexpr (std::is_signed_v<T>) {
      return order == Order::Max ? __vimax3_s16x2(a, b, c) : __vimin3_s16x2(a, b, c);
    } else {
      return order == Order::Max ? __vimax3_u16x2(a, b, c) : __vimin3_u16x2(a, b, c);
    }
  }

  uint32_t pair_;
};

template <Order order, int kBytes>
class Greatest<int8_t, order, kBytes> : public GreatestOfBytes<int8_t, order, kBytes> {
  using GreatestOfBytes<int8_t, order, kBytes>::GreatestOfBytes;
};
template <Order order, int kBytes>
class Greatest<uint8_t, order, kBytes> : public GreatestOfBytes<uint8_t, order, kBytes> {
  using GreatestOfBytes<uint8_t, order, kBytes>::GreatestOfBytes;
};
template <Order order, int kBytes>
class Greatest<Float16, order, kBytes> : public GreatestOfPairs<Float16, __half2, order, kBytes> {
  using GreatestOfPairs<Float16, __half2, order, kBytes>::GreatestOfPairs;
};
template <Order order, int kBytes>
class Greatest<BFloat16, order, kBytes>
    : public GreatestOfPairs<BFloat16, __nv_bfloat162, order, kBytes> {
  using GreatestOfPairs<BFloat16, __nv_bfloat162, order, kBytes>::GreatestOfPairs;
};

}  // namespace torch_argmax::cuda
