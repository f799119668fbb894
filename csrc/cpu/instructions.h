#pragma once
// The instruction sets that the CPU's loops are compiled for, and which of them runs.
//
// A kernel is written once, in generic/, and compiled once for each set, in a region and a
// namespace of the set's own (baseline.cpp, avx2.cpp, avx512.cpp). No file needs flags of its own,
// so nothing else in it can be compiled for a machine that it does not run on.

#include <string>
#include <vector>

#if defined(__x86_64__)
#define TA_HAS_TARGETS 1
#else
#define TA_HAS_TARGETS 0
#endif

// What is defined between the two is compiled for the features that the first names.
#define TA_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define TA_TARGET_BEGIN(features) \
  TA_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define TA_TARGET_END TA_PRAGMA(clang attribute pop)
#else
#define TA_TARGET_BEGIN(features) TA_PRAGMA(GCC push_options) TA_PRAGMA(GCC target(features))
#define TA_TARGET_END TA_PRAGMA(GCC pop_options)
#endif

#define TA_INLINE inline __attribute__((always_inline))
#define TA_INLINE_LAMBDA __attribute__((always_inline))
#define TA_APART __attribute__((noinline))

namespace torch_argmax::cpu {

// From the least to the greatest; each machine has all up to one.
enum class Instructions { Baseline, Avx2, Avx512 };

// The set that loops run with: the greatest of this machine, or the one that was forced.
Instructions instructions();

// Names of this machine's sets, and the name of the one in use.
std::vector<std::string> instruction_sets();
std::string instruction_set();

// Makes all threads use a set of this machine, by name; empty for the greatest. Raises a ValueError
// if the machine has none of that name.
void force_instruction_set(const std::string& name);

}  // namespace torch_argmax::cpu
