#pragma once
// What lets one header serve both the host compiler and nvcc. TA_COLD keeps a function that is long
// and seldom called out of the way of a kernel's instructions: a jump over it costs a GPU 0.3 us.

#ifdef __CUDACC__
#define TA_HOST_DEVICE __host__ __device__ __forceinline__
#define TA_COLD __host__ __device__ __noinline__
#else
#define TA_HOST_DEVICE inline
#define TA_COLD
#endif
