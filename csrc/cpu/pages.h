#pragma once

#include <cstdint>

namespace torch_argmax::cpu {

// Asks for huge pages for memory that nobody has written yet, if it is large enough to have been
// mapped for itself. A wish: results do not depend on it.
//
// glibc maps what takes more than 32 MB anew each time, and the system clears each page when it is
// first written. On a Xeon (Sapphire Rapids, Linux 6.18 with "madvise", 2026-11-26) to fill a new
// tensor of 33 MB took 13.6 ms with pages of 4 KB, 3.1 with huge ones, and 1.6 if it was not new.
void prefer_huge_pages(void* memory, int64_t bytes);

}  // namespace torch_argmax::cpu
