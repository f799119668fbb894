// What benchmarks/instructions.py asks of valgrind from inside. Outside of it, all do nothing.
#include <valgrind/callgrind.h>

extern "C" {

int running() {
  return RUNNING_ON_VALGRIND;
}

void start() {
  CALLGRIND_START_INSTRUMENTATION;
}

void stop() {
  CALLGRIND_STOP_INSTRUMENTATION;
}

// Writes what was counted since the last time.
void dump() {
  CALLGRIND_DUMP_STATS;
}
}
