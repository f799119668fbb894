#pragma once
// The best of each of a vector's columns, for a thread that reads the same columns of many rows.

#include <nv/target>
#include <type_traits>

#include "../order.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// Of each column the greatest rank, and the first row that has it. Rows come in ascending order.
// What has seen nothing has the lowest rank, in row 0: see lowest().
template <class T, Order order, int kBytes>
class BestByElement {
 public:
  using Row = Vector<T, kBytes>;

  __device__ __forceinline__ BestByElement() {
#pragma unroll
    for (int c = 0; c < Row::kSize; ++c)
      best_[c] = {lowest<Rank<T, order>>(), 0};
  }

  // Row `first`, and others `step` apart.
  template <int kRows>
  __device__ __forceinline__ void see(const Row (&rows)[kRows], int first, int step = 1) {
#pragma unroll
    for (int u = 0; u < kRows; ++u) {
#pragma unroll
      for (int c = 0; c < Row::kSize; ++c)
        best_[c].see(rank_of<order>(rows[u][c]), first + u * step);
    }
  }

  __device__ __forceinline__ Rank<T, order> rank(int c) const {
    return best_[c].rank;
  }
  __device__ __forceinline__ int row(int c) const {
    return best_[c].index;
  }

 private:
  Candidate<Rank<T, order>, int> best_[Row::kSize];
};

// The same, several columns at once where there are instructions for it.
template <class T, Order order, int kBytes, class = void>
class BestOfEach : public BestByElement<T, order, kBytes> {};

// `low` and `high` become `row` where that half of `pair` is greater than that of `best`; a NaN is
// not. One instruction, but for bfloat16 before sm_90.
template <class T, Order order>
__device__ __forceinline__ void mark_greater(uint32_t best, uint32_t pair, int row, int& low,
                                             int& high) {
  if constexpr (std::is_same_v<T, Float16>) {
    if constexpr (order == Order::Max) {
      asm("{ .reg .pred p, q; setp.gt.f16x2 p|q, %2, %3; selp.b32 %0, %4, %0, p; "
          "selp.b32 %1, %4, %1, q; }"
          : "+r"(low), "+r"(high)
          : "r"(pair), "r"(best), "r"(row));
    } else {
      asm("{ .reg .pred p, q; setp.lt.f16x2 p|q, %2, %3; selp.b32 %0, %4, %0, p; "
          "selp.b32 %1, %4, %1, q; }"
          : "+r"(low), "+r"(high)
          : "r"(pair), "r"(best), "r"(row));
    }
  } else {
    const uint32_t greater = order == Order::Max ? pair : best;
    const uint32_t less = order == Order::Max ? best : pair;
    NV_IF_ELSE_TARGET(
        NV_PROVIDES_SM_90,
        (asm("{ .reg .pred p, q; setp.gt.bf16x2 p|q, %2, %3; selp.b32 %0, %4, %0, p; "
             "selp.b32 %1, %4, %1, q; }"
             : "+r"(low), "+r"(high)
             : "r"(greater), "r"(less), "r"(row));),
        (low = __uint_as_float(greater << 16) > __uint_as_float(less << 16) ? row : low;
         high = __uint_as_float(greater & 0xffff0000) > __uint_as_float(less & 0xffff0000) ? row
                                                                                           : high;))
  }
}

// The 16-bit floats have instructions for two columns at once. They order numbers; which row has a
// column's first NaN is asked only where there is one.
template <class T, Order order, int kBytes>
class BestOfEach<T, order, kBytes,
                 std::enable_if_t<std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>>> {
  using Pair = std::conditional_t<std::is_same_v<T, Float16>, __half2, __nv_bfloat162>;

 public:
  using Row = Vector<T, kBytes>;

  __device__ __forceinline__ BestOfEach() {
    constexpr uint32_t kInfinity = std::is_same_v<T, Float16> ? 0x7c007c00 : 0x7f807f80;
#pragma unroll
    for (int i = 0; i < Row::kWords; ++i)
      best_.words[i] = order == Order::Max ? kInfinity | 0x80008000 : kInfinity;
#pragma unroll
    for (int c = 0; c < Row::kSize; ++c)
      rows_[c] = 0;
  }

  template <int kRows>
  __device__ __forceinline__ void see(const Row (&rows)[kRows], int first, int step = 1) {
#pragma unroll
    for (int u = 0; u < kRows; ++u) {
#pragma unroll
      for (int i = 0; i < Row::kWords; ++i) {
        mark_greater<T, order>(best_.words[i], rows[u].words[i], first + u * step, rows_[2 * i],
                               rows_[2 * i + 1]);
        const Pair best = pair(best_, i), other = pair(rows[u], i);
        const Pair greater =
            order == Order::Max ? __hmax2_nan(best, other) : __hmin2_nan(best, other);
        memcpy(best_.words + i, &greater, sizeof(greater));
      }
    }
    uint32_t nans = 0;
#pragma unroll
    for (int i = 0; i < Row::kWords; ++i)
      nans |= nans_in(best_, i);
    if (nans != 0) find_nans(rows, first, step);
  }

  __device__ __forceinline__ Rank<T, order> rank(int c) const {
    return rank_of<order>(best_[c]);
  }
  __device__ __forceinline__ int row(int c) const {
    return rows_[c];
  }

 private:
  static __device__ __forceinline__ Pair pair(const Row& row, int i) {
    Pair pair;
    memcpy(&pair, row.words + i, sizeof(pair));
    return pair;
  }
  // All bits of a half that is NaN.
  static __device__ __forceinline__ uint32_t nans_in(const Row& row, int i) {
    return __hneu2_mask(pair(row, i), pair(row, i));
  }

  template <int kRows>
  __device__ __forceinline__ void find_nans(const Row (&rows)[kRows], int first, int step) {
#pragma unroll
    for (int c = 0; c < Row::kSize; ++c) {
      const uint32_t half = c % 2 ? 0xffff0000 : 0xffff;
      if ((nans_in(best_, c / 2) & half) == 0 || (found_ >> c & 1) != 0) continue;
      found_ |= 1u << c;
#pragma unroll
      for (int u = kRows - 1; u >= 0; --u)
        rows_[c] = nans_in(rows[u], c / 2) & half ? first + u * step : rows_[c];
    }
  }

  Row best_;
  int rows_[Row::kSize];
  unsigned found_ = 0;  // a bit for each column whose first NaN has been found
};

// Bytes compare two at a time as the upper halves of 16-bit integers: of every word the even ones,
// moved up, and the odd ones.
template <class T, Order order, int kBytes>
class BestOfEach<T, order, kBytes, std::enable_if_t<std::is_integral_v<T> && sizeof(T) == 1>> {
 public:
  using Row = Vector<T, kBytes>;

  __device__ __forceinline__ BestOfEach() {
    constexpr unsigned kLeast = std::is_signed_v<T> ? 0x80 : 0;
    constexpr unsigned kLowest = order == Order::Max ? kLeast : kLeast ^ 0xff;
#pragma unroll
    for (int i = 0; i < 2 * Row::kWords; ++i)
      best_[i] = kLowest * 0x01000100;
#pragma unroll
    for (int c = 0; c < Row::kSize; ++c)
      rows_[c] = 0;
  }

  template <int kRows>
  __device__ __forceinline__ void see(const Row (&rows)[kRows], int first, int step = 1) {
#pragma unroll
    for (int u = 0; u < kRows; ++u) {
#pragma unroll
      for (int i = 0; i < Row::kWords; ++i) {
        const uint32_t word = rows[u].words[i];
        see(word << 8, best_[2 * i], rows_[4 * i], rows_[4 * i + 2], first + u * step);
        see(word, best_[2 * i + 1], rows_[4 * i + 1], rows_[4 * i + 3], first + u * step);
      }
    }
  }

  __device__ __forceinline__ Rank<T, order> rank(int c) const {
    const uint32_t pair = best_[2 * (c / 4) + c % 2];
    return rank_of<order>(static_cast<T>(pair >> (c % 4 < 2 ? 8 : 24)));
  }
  __device__ __forceinline__ int row(int c) const {
    return rows_[c];
  }

 private:
  static __device__ __forceinline__ void see(uint32_t word, uint32_t& best, int& low_row,
                                             int& high_row, int row) {
    const uint32_t pair = word & 0xff00ff00, before = best;
    bool keeps_high, keeps_low;
    if constexpr (std::is_signed_v<T>) {
      best = order == Order::Max ? __vibmax_s16x2(before, pair, &keeps_high, &keeps_low)
                                 : __vibmin_s16x2(before, pair, &keeps_high, &keeps_low);
    } else {
      best = order == Order::Max ? __vibmax_u16x2(before, pair, &keeps_high, &keeps_low)
                                 : __vibmin_u16x2(before, pair, &keeps_high, &keeps_low);
    }
    // CUDA's functions compare the result with what was before, but do not tell the compiler that
    // the two must not share a register (13.0): then all seems kept. So both live until here.
    asm("" ::"r"(before));
    low_row = keeps_low ? low_row : row;
    high_row = keeps_high ? high_row : row;
  }

  uint32_t best_[2 * Row::kWords];
  int rows_[Row::kSize];
};

// Looks at every step-th row of [row, end), which `load` loads, kRows of them together. One branch
// of a warp and one wait for the last few: loads that are each under a condition are slow.
template <int kRows, class Best, class Load>
__device__ __forceinline__ void see_last(Best& best, int row, int end, int step, Load load) {
  if constexpr (kRows > 1) {
    if (row + kRows / 2 * step >= end) return see_last<kRows / 2>(best, row, end, step, load);
  }
  typename Best::Row loaded[kRows];
#pragma unroll
  for (int u = 0; u < kRows; ++u) {
    // The first row once more changes nothing.
    const int other = row + u * step;
    loaded[u] = load(other < end ? other : row);
  }
  best.see(loaded, row, step);
}
template <int kRows, class Best, class Load>
__device__ __forceinline__ void see_all(Best& best, int row, int end, int step, Load load) {
  for (; row + (kRows - 1) * step < end; row += kRows * step) {
    typename Best::Row loaded[kRows];
#pragma unroll
    for (int u = 0; u < kRows; ++u)
      loaded[u] = load(row + u * step);
    best.see(loaded, row, step);
  }
  if (row < end) see_last<kRows>(best, row, end, step, load);
}

}  // namespace torch_argmax::cuda
