#pragma once
// The instruction sets that the CPU's loops are compiled for, and which of them runs.
//
// A kernel is written once, of functions that are always inlined, and called from one function for
// each set (kernel.h): the compiler vectorizes it there for that set's registers. No file needs
// flags of its own, so nothing else in it can be compiled for a machine that it does not run on.

#include <string>
#include <vector>

namespace torch_argmax::cpu {

// From the least to the greatest; each machine has all up to one.
enum class Instructions { Baseline, Avx2, Avx512 };

#if defined(__x86_64__) && defined(__GNUC__)
#define TA_HAS_TARGETS 1
#define TA_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TA_TARGET_AVX512 \
  __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#define TA_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define TA_HAS_TARGETS 0
#define TA_TARGET_AVX2
#define TA_TARGET_AVX512
#define TA_ALWAYS_INLINE inline
#endif

// The set that loops run with: the greatest of this machine, or the one that was forced.
Instructions instructions();

// Names of this machine's sets, and the name of the one in use.
std::vector<std::string> instruction_sets();
std::string instruction_set();

// Makes all threads use a set of this machine, by name; empty for the greatest. Raises a ValueError
// if the machine has none of that name.
void force_instruction_set(const std::string& name);

}  // namespace torch_argmax::cpu
