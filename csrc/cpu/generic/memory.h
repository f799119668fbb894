// How elements are read.

// Neighbouring elements of a vector, as they are in memory.
template <class V>
TA_INLINE V load(const void* from) {
  V vector;
  memcpy(&vector, from, sizeof(V));
  return vector;
}

// The same, for what is used more than once: GCC would load it again each time, and what straddles
// two cache lines costs two loads. On a Xeon (Sapphire Rapids), one thread, 2026-11-27, GB/s
// without and with: columns of (64, 4095) float32 37, 44; of (256, 1024) int8 74, 82.
template <class V>
TA_INLINE V load_once(const void* from) {
  V vector = load<V>(from);
#if defined(__x86_64__)
  asm("" : "+v"(vector));
#endif
  return vector;
}

// Rows are short and processors mispredict: what reads ahead of itself is not held up by either,
// and of long rows, too, more than a processor does alone. It may reach past the tensor; a prefetch
// reads nothing that a program could see. What the cache holds takes a little longer. On a Xeon
// (Sapphire Rapids), one thread, 2026-11-26, GB/s without, with 2, 4, 8 and 16 KB: (2^20, 64)
// float32 7, 11.9, 13.5, 13.8, 12.2; (65536, 1000) float32 12.3, 11.7, 13.4, 14.1, 13.6; (2^20,
// 129) uint8 5.6, 6.6, 8.4, 8.6, 8.8; and 2026-11-27, without, with 4 and 8 KB: (8192, 8192)
// bfloat16 10.6, 13.1, 12.9. Prefetches that bypass the caches (nta) halve it: 5.9, 6.3, 8.2.
constexpr int kAhead = 8192;

template <int bytes>
TA_INLINE void prefetch(const void* from, int64_t distance) {
  // A number, as no pointer may lie so far outside of what it points to.
  const auto address = reinterpret_cast<uintptr_t>(from) + distance;
  for (int i = 0; i < bytes; i += 64)
    __builtin_prefetch(reinterpret_cast<const void*>(address + i));
}

template <int bytes>
TA_INLINE void prefetch_ahead(const void* from) {
  prefetch<bytes>(from, kAhead);
}
