// The read floor on the CPU: loops that only read the bytes of a reduction's input, and write eight
// bytes a result. No loop is the fastest reader of every size: the floor is the best of several.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "../csrc/cpu/pages.h"

namespace {

// The widest vector; the compiler cuts it up where the machine has narrower ones only.
typedef uint64_t Vector __attribute__((vector_size(64)));

// What a loop asks for before it reads it: a processor alone does not look so far ahead. It may
// reach past the input, of which a prefetch reads nothing that a program could see.
constexpr int64_t kAhead = 4096;

template <int kAccumulators, bool prefetches>
uint64_t read(const char* from, int64_t bytes) {
  constexpr int64_t kStep = kAccumulators * sizeof(Vector);
  Vector sums[kAccumulators] = {};
  for (; bytes >= kStep; bytes -= kStep, from += kStep)
    for (int i = 0; i < kAccumulators; ++i) {
      Vector v;
      std::memcpy(&v, from + i * sizeof(Vector), sizeof(Vector));
      if (prefetches) {
        const auto address = reinterpret_cast<uintptr_t>(from) + i * sizeof(Vector) + kAhead;
        __builtin_prefetch(reinterpret_cast<const void*>(address));
      }
      sums[i] += v;
    }
  Vector sum = {};
  for (const Vector& s : sums)
    sum += s;
  uint64_t total = 0;
  for (size_t i = 0; i < sizeof(Vector) / sizeof(uint64_t); ++i)
    total += sum[i];
  for (; bytes > 0; --bytes, ++from)
    total += static_cast<uint8_t>(*from);
  return total;
}

}  // namespace

// Reads `count` rows of `bytes` bytes, `pitch` bytes apart, in equal shares for `threads` threads,
// with `accumulators` independent sums each, reading ahead or not.
extern "C" void floor_read(const char* base, int64_t count, int64_t bytes, int64_t pitch,
                           uint64_t* results, int64_t n_results, int accumulators, int prefetches,
                           int threads) {
  // New memory, as those of the reduction are.
  torch_argmax::cpu::prefer_huge_pages(results, n_results * sizeof(uint64_t));
  const auto read_some = accumulators == 4 ? (prefetches ? read<4, true> : read<4, false>)
                                           : (prefetches ? read<16, true> : read<16, false>);
#pragma omp parallel for schedule(static, 1) num_threads(threads)
  for (int thread = 0; thread < threads; ++thread) {
    int64_t at = count * bytes / threads * thread;
    const int64_t end =
        thread == threads - 1 ? count * bytes : count * bytes / threads * (thread + 1);
    uint64_t sum = 0;
    while (at < end) {
      const int64_t row = at / bytes;
      const int64_t piece = std::min(end, (row + 1) * bytes) - at;
      sum += read_some(base + row * pitch + (at - row * bytes), piece);
      at += piece;
    }
    std::fill(results + n_results * thread / threads, results + n_results * (thread + 1) / threads,
              sum);
    // A thread without a result must not skip its loads.
    if (sum == 0x9e3779b97f4a7c15) results[0] = sum;
  }
}
