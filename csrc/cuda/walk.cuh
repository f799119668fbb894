#pragma once
// How a block's threads walk through everything that is reduced, as it lies in memory: by items,
// which are vectors of a run. A run is what lies side by side.
//
// A walk stands at an item, which a thread that goes on leaves for the next that is its own: as
// many items further as the block has threads.

#include <climits>

#include "../work.h"
#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

__device__ __forceinline__ const Dim& fastest(const Work& work) {
  return work.dims[work.reduce_count - 1];
}

// Elements from the first to the last in memory.
__device__ __forceinline__ int64_t span_of(const Work& work) {
  int64_t span = 1;
  for (int i = 0; i < work.reduce_count; ++i)
    span += (work.dims[i].size - 1) * work.dims[i].stride;
  return span;
}

// An index that none of positions [begin, end] falls below: that of their common coordinates, and
// of the first that differ the smaller.
__device__ __forceinline__ int64_t least_index_between(const Work& work, int64_t begin,
                                                       int64_t end) {
  int64_t below = 1;  // positions of all faster dimensions
  for (int i = 1; i < work.reduce_count; ++i)
    below *= work.dims[i].size;
  int64_t index = 0;
  for (int i = 0; i < work.reduce_count; ++i) {
    const int64_t first = quotient(begin, below), last = quotient(end, below);
    index += first * work.dims[i].step;
    if (first != last || i + 1 == work.reduce_count) break;
    begin -= first * below;
    end -= first * below;
    below = quotient(below, work.dims[i + 1].size);
  }
  return index;
}

// Where the element of a logical index is.
__device__ __forceinline__ int64_t offset_of(const Work& work, int64_t index) {
  int64_t offset = 0;
  for (int i = 0; i < work.reduce_count; ++i) {
    const int64_t slower = quotient(index, work.dims[i].step);
    const int64_t coordinate = slower - quotient(slower, work.dims[i].size) * work.dims[i].size;
    offset += coordinate * work.dims[i].stride;
  }
  return offset;
}

// How far into a vector an element begins.
template <class T>
__device__ __forceinline__ int skew_of(const T* element) {
  return static_cast<int>(reinterpret_cast<uintptr_t>(element) % sizeof(Vector<T>) / sizeof(T));
}

// Division by the same number again and again, as a multiplication where the dividend has 31 bits.
class Divisor {
 public:
  __device__ __forceinline__ explicit Divisor(int64_t divisor) : divisor_(divisor) {
    if (divisor > INT_MAX) return;
    shift_ = 32 - __clz(static_cast<int>(divisor) - 1);
    factor_ = static_cast<uint32_t>((((uint64_t{1} << shift_) - divisor) << 32) / divisor + 1);
  }
  __device__ __forceinline__ int64_t divide(int64_t dividend) const {
    if (((dividend | divisor_) >> 31) != 0) return dividend / divisor_;
    const uint32_t n = static_cast<uint32_t>(dividend);
    return (__umulhi(n, factor_) + n) >> shift_;
  }

 private:
  int64_t divisor_;
  int shift_ = 0;
  uint32_t factor_ = 0;
};

// Dense memory: one run, of which a vector may hold elements of several rows.
template <class T>
class DenseWalk {
  static constexpr int kSize = Vector<T>::kSize;

 public:
  __device__ __forceinline__ DenseWalk(const Work& work, const T* input)
      : work_(work), skew_(skew_of(input)), length_(span_of(work)), size_(fastest(work).size) {}

  __device__ __forceinline__ int64_t items() const { return (skew_ + length_ + kSize - 1) / kSize; }
  __device__ __forceinline__ void go_to(int64_t item) { begin_ = item * kSize - skew_; }
  __device__ __forceinline__ void go_on() { begin_ += int64_t{kStridedGridThreads} * kSize; }

  // An index that none of items [begin, end) falls below.
  __device__ __forceinline__ int64_t least_index(int64_t begin, int64_t end) const {
    return least_index_between(work_, max(begin * kSize - skew_, int64_t{0}),
                               min(end * kSize - skew_, length_) - 1);
  }

  // Where the item begins, in memory; and which of its elements are the run's.
  __device__ __forceinline__ int64_t offset() const { return begin_; }
  __device__ __forceinline__ int first() const {
    return begin_ < 0 ? static_cast<int>(-begin_) : 0;
  }
  __device__ __forceinline__ int end() const {
    return static_cast<int>(min(length_ - begin_, int64_t{kSize}));
  }
  __device__ __forceinline__ bool is_whole() const {
    return begin_ >= 0 && begin_ <= length_ - kSize;
  }

  // The logical index of an element; whether elements of the item are in logical order; and an
  // index that none of theirs falls below.
  __device__ __forceinline__ int64_t index(int i) const { return step_at(begin_ + i); }
  __device__ __forceinline__ bool ascends() const { return left_of_row(begin_ + first()) >= kSize; }
  __device__ __forceinline__ int64_t least_index() const {
    const int64_t position = begin_ + first(), left = left_of_row(position);
    const int64_t index = step_at(position);
    if (left >= kSize) return index;
    return fastest(work_).size >= kSize ? min(index, step_at(position + left)) : 0;
  }

 private:
  __device__ __forceinline__ int64_t left_of_row(int64_t position) const {
    return (size_.divide(position) + 1) * fastest(work_).size - position;
  }
  // Dimensions that are permuted mostly fuse into two.
  __device__ __forceinline__ int64_t step_at(int64_t position) const {
    if (work_.reduce_count > 2) return work_.walk_reduced(position, 0, work_.reduce_count).step;
    const int64_t row = size_.divide(position), column = position - row * fastest(work_).size;
    return row * work_.dims[0].step + column * fastest(work_).step;
  }

  const Work& work_;
  int skew_;
  int64_t length_;
  Divisor size_;  // of the fastest dimension
  int64_t begin_ = 0;
};

// Runs along the fastest dimension. A thread goes on by as many items as a block has threads: so
// many items, rows and planes, and what is carried, without a division.
template <class T>
class RowWalk {
  static constexpr int kSize = Vector<T>::kSize;

 public:
  __device__ __forceinline__ RowWalk(const Work& work, const T* input)
      : work_(work),
        skew_(skew_of(input)),
        length_(static_cast<int>(fastest(work).size)),
        row_stride_(work.reduce_count > 1 ? work.dims[work.reduce_count - 2].stride : 0) {
    bool all_skewed_alike = true;
    for (int i = 0; i < work.reduce_count - 1; ++i)
      all_skewed_alike &= work.dims[i].stride % kSize == 0;
    const int lead = all_skewed_alike ? skew_ : kSize - 1;
    row_items_ = (lead + length_ + kSize - 1) / kSize;
    rows_ = work.reduce_count > 1 ? static_cast<int>(work.dims[work.reduce_count - 2].size) : 1;
    const int rows = kStridedGridThreads / row_items_;
    item_step_ = kStridedGridThreads - rows * row_items_;
    plane_step_ = rows / rows_;
    row_step_ = rows - plane_step_ * rows_;
    row_steps_stride_ = row_step_ * row_stride_;
  }

  __device__ __forceinline__ int64_t items() const {
    int64_t items = row_items_;
    for (int i = 0; i < work_.reduce_count - 1; ++i)
      items *= work_.dims[i].size;
    return items;
  }

  __device__ __forceinline__ void go_to(int64_t item) {
    const int64_t row = quotient(item, row_items_);
    item_ = static_cast<int>(item - row * row_items_);
    plane_ = quotient(row, rows_);
    row_ = static_cast<int>(row - plane_ * rows_);
    enter_row();
  }
  __device__ __forceinline__ void go_on() {
    item_ += item_step_;
    row_ += row_step_;
    row_offset_ += row_steps_stride_;
    if (item_ >= row_items_) {
      item_ -= row_items_;
      ++row_;
      row_offset_ += row_stride_;
    }
    if (plane_step_ > 0 || row_ >= rows_) {
      plane_ += plane_step_ + (row_ >= rows_);
      if (row_ >= rows_) row_ -= rows_;
      enter_row();
    }
  }

  __device__ __forceinline__ int64_t least_index(int64_t begin, int64_t end) const {
    return least_index_between(work_, quotient(begin, row_items_) * length_,
                               (quotient(end - 1, row_items_) + 1) * length_ - 1);
  }

  __device__ __forceinline__ int64_t offset() const { return row_offset_ + begin(); }
  __device__ __forceinline__ int first() const { return max(-begin(), 0); }
  // A row that begins late in a vector has one item more than others: there is nothing in theirs.
  __device__ __forceinline__ int end() const { return min(length_ - begin(), kSize); }
  __device__ __forceinline__ bool is_whole() const {
    return static_cast<unsigned>(begin()) <= static_cast<unsigned>(length_ - kSize);
  }
  __device__ __forceinline__ int64_t index(int i) const {
    return place_of_row().step + (begin() + i) * fastest(work_).step;
  }
  __device__ __forceinline__ bool ascends() const { return true; }
  __device__ __forceinline__ int64_t least_index() const { return index(first()); }

 private:
  // Of the item, in its row.
  __device__ __forceinline__ int begin() const {
    return item_ * kSize - (static_cast<int>(skew_ + row_offset_) & (kSize - 1));
  }
  __device__ __forceinline__ void enter_row() { row_offset_ = place_of_row().offset; }
  __device__ __forceinline__ Place place_of_row() const {
    if (work_.reduce_count <= 2) return {row_ * row_stride_, row_ * work_.dims[0].step};
    return work_.walk_reduced((plane_ * rows_ + row_) * length_, 0, work_.reduce_count);
  }

  const Work& work_;
  int skew_;
  int length_;
  int64_t row_stride_;
  int row_items_;
  int rows_;  // of a plane, which is what the second fastest dimension has
  int item_step_, row_step_, plane_step_;
  int64_t row_steps_stride_;
  int item_ = 0, row_ = 0;
  int64_t plane_ = 0;
  int64_t row_offset_ = 0;
};

}  // namespace torch_argmax::cuda
