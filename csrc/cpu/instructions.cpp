#include "instructions.h"

#include <c10/util/Exception.h>

#include <atomic>

namespace torch_argmax::cpu {
namespace {

constexpr const char* kNames[] = {"baseline", "avx2", "avx512"};

Instructions greatest() {
#if TA_HAS_TARGETS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("bmi")) {
    return Instructions::Avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return Instructions::Avx2;
#endif
  return Instructions::Baseline;
}

std::atomic<Instructions>& in_use() {
  static std::atomic<Instructions> set{greatest()};
  return set;
}

}  // namespace

Instructions instructions() {
  return in_use().load(std::memory_order_relaxed);
}

std::vector<std::string> instruction_sets() {
  return {kNames, kNames + static_cast<int>(greatest()) + 1};
}

std::string instruction_set() {
  return kNames[static_cast<int>(instructions())];
}

void force_instruction_set(const std::string& name) {
  if (name.empty()) {
    in_use() = greatest();
    return;
  }
  for (int i = 0; i <= static_cast<int>(greatest()); ++i) {
    if (name == kNames[i]) {
      in_use() = static_cast<Instructions>(i);
      return;
    }
  }
  TORCH_CHECK_VALUE(false, "this machine has no instruction set '", name, "'");
}

}  // namespace torch_argmax::cpu
