#pragma once
// What lets one header serve both the host compiler and nvcc.

#ifdef __CUDACC__
#define TA_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define TA_HOST_DEVICE inline
#endif
