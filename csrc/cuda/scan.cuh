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

// One worker's part of `run[0, length)`. The run is taken as its whole vectors, in batches, and its
// edges: the elements before and after those, fewer than 32 together, of which a worker has one at
// most. So there are at least 32 workers. Nothing outside the run is read.
//
// kVectors are in flight a thread: 4, or 8 where a thread may have 128 registers; and half as many
// of bool, which takes more registers to look at. Where the memory is busy anyway 8 are no faster
// than 4: an H100 read rows of 8192 float32 in 683 and 682 us (2026-11-24).
template <class T, Order order, int kVectors = std::is_same_v<T, Bool> ? 2 : 4>
class Scan {
 public:
  __device__ __forceinline__ Scan(const T* run, int length, int worker, int workers)
      : worker_(worker), stride_(workers * kSize), run_(run), length_(length) {
    skew_ = static_cast<int>(reinterpret_cast<uintptr_t>(run) % kLineBytes / sizeof(T));
    begin_ = (skew_ + kSize - 1) / kSize * kSize;
    end_ = (skew_ + length) / kSize * kSize;
    if (end_ <= begin_) end_ = 0;  // no batches
    best_.index = kNone;
    held_batch_ = kNone;
  }

  // Elements that a worker, and that all workers see in a batch; and whether there is a batch of
  // that number.
  static constexpr int kWorkerBatch = kVectors * Vector<T>::kSize;
  __device__ __forceinline__ int batch_size() const { return kVectors * stride_; }
  __device__ __forceinline__ bool has(int number) const { return number * batch_size() < end_; }

  // Asks for the first batch and the edges; looks at nothing.
  __device__ __forceinline__ void start(int number = 0) {
    if (has(number)) load_within(number * batch_size());
    const int head = end_ ? begin_ - skew_ : length_;
    const int edges = head + (end_ ? skew_ + length_ - end_ : 0);
    has_edges_ = edges > 0;
    if (!has_edges_) return;
    // Workers without an edge take the first element, which changes nothing.
    edge_index_ = worker_ < head ? worker_ : worker_ < edges ? end_ - skew_ + worker_ - head : 0;
    edge_ = run_[edge_index_];
  }

  // Numbers must ascend from that of start().
  __device__ __forceinline__ void see(int number) {
    const int batch = number * batch_size();
    if (batch != held_batch_) load(batch);
    const auto rank = greatest().rank();
    if (best_.index == kNone || beats(rank, best_.rank)) best_ = {rank, batch};
  }

  // After the last batch.
  __device__ __forceinline__ void finish() {
    if (!has_edges_) return;
    const auto rank = rank_of<order>(edge_);
    const bool precedes = edge_index_ + skew_ < end_;
    if (best_.index == kNone || (precedes ? !beats(best_.rank, rank) : beats(rank, best_.rank))) {
      best_ = {rank, kEdge};
    }
  }

  __device__ __forceinline__ void see_all() {
    for (int number = 0; has(number); ++number)
      see(number);
    finish();
  }

  __device__ __forceinline__ Rank<T, order> rank() const { return best_.rank; }

  // An index that find() does not fall below.
  __device__ __forceinline__ int bound() const {
    if (best_.index == kEdge) return edge_index_;
    return position_of(best_.index, 0) - skew_;
  }

  // The index in the run of this worker's first element that has its greatest rank.
  __device__ __forceinline__ int find() {
    if (best_.index == kEdge) return edge_index_;
    if (best_.index != held_batch_) load_within(best_.index);
    const Greatest<T, order> winner = greatest();
    int place = kVectors - 1;
    Vector<T> vector = held_[place];
#pragma unroll
    for (int u = kVectors - 2; u >= 0; --u) {
      if (winner.is_in(held_[u])) {
        place = u;
        vector = held_[u];
      }
    }
    return position_of(best_.index, place) + winner.first_in(vector) - skew_;
  }

 private:
  static constexpr int kSize = Vector<T>::kSize;
  // What may stand in place of a batch.
  static constexpr int kNone = -2;
  static constexpr int kEdge = -1;

  // Past either end a worker looks at the vector there once more, which changes nothing.
  __device__ __forceinline__ int position_of(int batch, int u) const {
    const int position = batch + worker_ * kSize + u * stride_;
    return max(min(position, end_ - kSize), begin_);
  }

  __device__ __forceinline__ void load_within(int batch) {
    held_batch_ = batch;
#pragma unroll
    for (int u = 0; u < kVectors; ++u)
      held_[u] = Vector<T>::load(run_ - skew_ + position_of(batch, u));
  }

  // The same, without bounds where the batch is whole.
  __device__ __forceinline__ void load(int batch) {
    if (batch < begin_ || batch + batch_size() > end_) return load_within(batch);
    held_batch_ = batch;
#pragma unroll
    for (int u = 0; u < kVectors; ++u)
      held_[u] = Vector<T>::load(run_ - skew_ + batch + worker_ * kSize + u * stride_);
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
  const T* run_;
  int length_;
  // Positions count from the cache line in which the run begins, at `skew_`.
  int skew_;
  int begin_;
  int end_;

  bool has_edges_;
  int edge_index_;
  T edge_;

  Candidate<Rank<T, order>, int> best_;  // its index is a batch, or what stands in place of one
  Vector<T> held_[kVectors];
  int held_batch_;
};

}  // namespace torch_argmax::cuda
