#pragma once
// How blocks go through a few large slabs at a time: by turns of some rows, which are copied to
// shared memory.

#include <cuda_pipeline_primitives.h>

#include "../work.h"
#include "plan.h"
#include "vector.cuh"

namespace torch_argmax::cuda {

// Some rows of a slab: a run of elements, of which each has the place in its slot that it has in a
// cache line.
template <class T>
struct alignas(16) Turn {
  static constexpr int kNone = -1;
  static constexpr int kVector = Vector<T>::kSize;

  static __device__ __forceinline__ Turn none() {
    Turn turn;
    turn.slab = kNone;
    return turn;
  }

  const T* line;       // where the one of the first element begins
  int slab;            // or kNone, with nothing else
  int row;             // the first
  int begin, end;      // of the run, from there
  int first, vectors;  // of whole vectors, from there, those that are copied as such

  // Asks for its elements. Of vectors that it shares with what lies outside its slab, nothing else
  // is read.
  __device__ __forceinline__ void copy(T* slot) const {
    constexpr int kStep = kColumnFrontThreads * kVector;
    constexpr int kCopies = (copy_bytes(kMaxTurnBytes) / int{sizeof(T)} + kStep - 1) / kStep;
    const int thread = threadIdx.x;
    const T* const from = line + thread * kVector;
    T* const to = slot + thread * kVector;
    bool wanted[kCopies];
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      const unsigned place = thread + i * kColumnFrontThreads - first;
      wanted[i] = place < static_cast<unsigned>(vectors);
    }
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      if (wanted[i]) __pipeline_memcpy_async(to + i * kStep, from + i * kStep, sizeof(uint4));
    }
    if (begin < first * kVector) copy_part(slot, begin, min(first * kVector, end));
    if (end > (first + vectors) * kVector) copy_part(slot, (first + vectors) * kVector, end);
  }

 private:
  __device__ __forceinline__ void copy_part(T* slot, int from, int to) const {
    const int at = from + threadIdx.x;
    if (at < to) slot[at] = line[at];
  }
};

// The turns of a block, for one of its threads.
template <class T>
class Turns {
 public:
  // Those that it has before there is a counter, or an answer of it.
  static constexpr int kFixed = kFrontSlots;

  __device__ __forceinline__ explicit Turns(const FewDimsWork& work)
      : work_(work), slabs_(static_cast<int>(work.tiling.space().outer)) {
    go_to(blockIdx.x % work.fronts);
  }

  // One of the first.
  __device__ __forceinline__ Turn<T> fixed(int number) {
    walk_to(blockIdx.x / work_.fronts + number * team_);
    return slab_ < slabs_ ? turn() : Turn<T>::none();
  }

  // Asks the counter for one, and `next` gives the one that was asked for before. So there is
  // some time for the answer.
  __device__ __forceinline__ void ask() {
    answer_ = asked_;
    if (slab_ < slabs_) asked_ = take();
  }
  __device__ __forceinline__ Turn<T> next() {
    if (slab_ >= slabs_) return Turn<T>::none();
    walk_to(kFixed * team_ + answer_);
    while (slab_ >= slabs_) {
      if (!go_where_most_is_left()) return Turn<T>::none();
      answer_ = take();
      asked_ = take();
      walk_to(kFixed * team_ + answer_);
    }
    return turn();
  }

 private:
  __device__ __forceinline__ Turn<T> turn() const {
    constexpr int kVector = Turn<T>::kVector;
    const int tile = static_cast<int>(work_.tiling.tile().reduce);
    const int reduce = static_cast<int>(work_.tiling.space().reduce);
    const int columns = static_cast<int>(work_.tiling.space().inner);
    Turn<T> turn;
    turn.slab = slab_;
    turn.row = split_ * tile;
    const int rows = min(tile, reduce - turn.row);
    const T* run = static_cast<const T*>(work_.input) + slab_ * work_.outer_stride +
                   turn.row * int64_t{columns};
    turn.begin = static_cast<int>(reinterpret_cast<uintptr_t>(run) % kLineBytes / sizeof(T));
    turn.end = turn.begin + rows * columns;
    turn.line = run - turn.begin;
    // Vectors at its ends are whole if what they share with it is of its slab.
    const int before = turn.row > 0 ? 0 : kVector - 1;
    const int after = turn.row + rows < reduce ? kVector - 1 : 0;
    turn.first = (turn.begin + before) / kVector;
    turn.vectors = max(0, (turn.end + after) / kVector - turn.first);
    return turn;
  }

  __device__ __forceinline__ int splits() const { return static_cast<int>(work_.tiling.splits()); }
  // What a front has of so many blocks or slabs, which belong to fronts in turn.
  __device__ __forceinline__ int share_of(int count, int front) const {
    return (count - front + work_.fronts - 1) / work_.fronts;
  }
  __device__ __forceinline__ int team(int front) const {
    return share_of(static_cast<int>(gridDim.x), front);
  }
  // Its turns that are not its blocks' from the beginning.
  __device__ __forceinline__ int free_turns(int front) const {
    return share_of(slabs_, front) * splits() - kFixed * team(front);
  }

  __device__ __forceinline__ void go_to(int front) {
    front_ = slab_ = front;
    split_ = number_ = 0;
    team_ = team(front);
  }
  // Those of a front are in ascending order.
  __device__ __forceinline__ void walk_to(int number) {
    split_ += number - number_;
    number_ = number;
    for (; split_ >= splits(); split_ -= splits())
      slab_ += work_.fronts;
  }

  __device__ __forceinline__ int take() {
    return static_cast<int>(atomicAdd(work_.counters + front_, 1));
  }

  // Whether there is one.
  __device__ __forceinline__ bool go_where_most_is_left() {
    int most = 0, where = 0;
#pragma unroll
    for (int front = 0; front < kMaxFronts; ++front) {
      if (front >= work_.fronts) break;
      const int left = free_turns(front) - static_cast<int>(__ldcg(work_.counters + front));
      where = left > most ? front : where;
      most = max(most, left);
    }
    if (most > 0) go_to(where);
    return most > 0;
  }

  const FewDimsWork& work_;
  int slabs_;
  int front_;
  int slab_;
  int split_;   // of the slab
  int number_;  // of the front's turns
  int team_;
  int asked_ = 0;
  int answer_ = 0;
};

}  // namespace torch_argmax::cuda
