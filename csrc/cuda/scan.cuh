#pragma once
// How a group of threads reads a contiguous run of elements: the value first, the index later.
//
// The group shares out the run's 16-byte vectors, neighbours reading neighbours, kVectors a
// thread at a time: a batch. Of each batch a thread keeps only the greatest rank. Which element it
// was is found once, at the end, in the batch that won: it is still held if it was the last one,
// and is read again if not. A thread sees its batches in ascending order, so the first that held
// its greatest rank holds that rank's first element.

#include <climits>

#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// One worker's part of `run[0, length)`. The run is taken as a head and a tail of less than a
// vector each, an element of them for each worker (so workers are at least as many as a vector's
// elements), and the whole vectors between, in batches. Nothing outside the run is read.
template <class T, Order order>
class Scan {
 public:
  __device__ __forceinline__ Scan(const T* run, int length, int worker, int workers)
      : worker_(worker), stride_(workers * kSize) {
    skew_ = static_cast<int>(reinterpret_cast<uintptr_t>(run) % kLineBytes / sizeof(T));
    line_ = run - skew_;
    begin_ = (skew_ + kSize - 1) / kSize * kSize;
    end_ = (skew_ + length) / kSize * kSize;
    const int head = min(begin_ - skew_, length);
    const int tail = end_ < begin_ ? 0 : skew_ + length - end_;
    if (end_ <= begin_) end_ = 0;  // no batches
    head_index_ = worker < head ? worker : 0;
    tail_index_ = length - (worker < tail ? tail - worker : 1);
    // Loaded here, beside the first batch; looked at before it they would hold it up.
    head_ = run[head_index_];
    tail_ = run[tail_index_];
    best_.index = kNone;
  }

  // Elements that all workers see in a batch, and whether there is a batch of that number.
  __device__ __forceinline__ int batch_size() const { return kVectors * stride_; }
  __device__ __forceinline__ bool has(int number) const { return number * batch_size() < end_; }

  // Numbers must ascend.
  __device__ __forceinline__ void see(int number) {
    const int batch = number * batch_size();
    if (batch >= begin_ && batch + batch_size() <= end_) {
      held_batch_ = batch;
#pragma unroll
      for (int u = 0; u < kVectors; ++u)
        held_[u] = Vector<T>::load(line_ + batch + worker_ * kSize + u * stride_);
    } else {
      load(batch);
    }
    const auto rank = greatest().rank();
    if (best_.index == kNone || beats(rank, best_.rank)) best_ = {rank, batch};
  }

  // After the last batch.
  __device__ __forceinline__ void finish() {
    const auto head = rank_of<order>(head_);
    if (best_.index == kNone || !beats(best_.rank, head)) best_ = {head, kHead};
    best_.see(rank_of<order>(tail_), kTail);
  }

  __device__ __forceinline__ void see_all() {
    for (int number = 0; has(number); ++number)
      see(number);
    finish();
  }

  __device__ __forceinline__ Rank<T, order> rank() const {
    return best_.rank;
  }

  // An index that find() does not fall below.
  __device__ __forceinline__ int bound() const {
    if (best_.index == kHead) return head_index_;
    if (best_.index == kTail) return tail_index_;
    return position_of(best_.index, 0) - skew_;
  }

  // The index in the run of this worker's first element that has its greatest rank.
  __device__ __forceinline__ int find() {
    if (best_.index == kHead) return head_index_;
    if (best_.index == kTail) return tail_index_;
    if (best_.index != held_batch_) load(best_.index);
    const Greatest<T, order> winner = greatest();
    int index = INT_MAX;
#pragma unroll
    for (int u = kVectors - 1; u >= 0; --u) {
      const int first = winner.first_in(held_[u]);
      if (first < kSize) index = position_of(best_.index, u) + first;
    }
    return index - skew_;
  }

 private:
  static constexpr int kSize = Vector<T>::kSize;
  // In flight a thread: 4; and 2 where those are 64 elements, too many to hold in registers. With
  // 8, an H100 read rows of 8192 float32 no faster (683 and 682 us, 2026-11-24).
  static constexpr int kVectors = sizeof(T) == 1 ? 2 : 4;
  // What may stand in place of a batch.
  static constexpr int kNone = -2;
  static constexpr int kHead = -1;
  static constexpr int kTail = INT_MAX;

  // Past either end a worker looks at the vector there once more, which changes nothing.
  __device__ __forceinline__ int position_of(int batch, int u) const {
    const int position = batch + worker_ * kSize + u * stride_;
    return max(min(position, end_ - kSize), begin_);
  }

  __device__ __forceinline__ void load(int batch) {
    held_batch_ = batch;
#pragma unroll
    for (int u = 0; u < kVectors; ++u)
      held_[u] = Vector<T>::load(line_ + position_of(batch, u));
  }

  // Of the batch that is held.
  __device__ __forceinline__ Greatest<T, order> greatest() const {
    Greatest<T, order> greatest(held_[0]);
#pragma unroll
    for (int u = 1; u < kVectors; ++u)
      greatest.see(held_[u]);
    return greatest;
  }

  int worker_;
  int stride_;
  // Positions count from the cache line in which the run begins, at `skew_`.
  const T* line_;
  int skew_;
  int begin_;
  int end_;

  int head_index_;
  int tail_index_;
  T head_;
  T tail_;

  Candidate<Rank<T, order>, int> best_;  // its index is a batch, or what stands in place of one
  Vector<T> held_[kVectors];
  int held_batch_;
};

}  // namespace torch_argmax::cuda
