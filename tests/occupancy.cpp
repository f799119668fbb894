// Prints the blocks of a kernel that are resident on an SM of compute capability 8.9, by NVIDIA's
// own calculator. Arguments: registers a thread, bytes of static and of dynamic shared memory,
// threads a block.

#include <cuda_occupancy.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  if (count != 5) return 2;
  cudaOccDeviceProp device;
  device.computeMajor = 8;
  device.computeMinor = 9;
  device.maxThreadsPerBlock = 1024;
  device.maxThreadsPerMultiprocessor = 1536;
  device.regsPerBlock = 65536;
  device.regsPerMultiprocessor = 65536;
  device.warpSize = 32;
  device.sharedMemPerBlock = 48 << 10;
  device.sharedMemPerMultiprocessor = 100 << 10;
  device.numSms = 128;
  device.sharedMemPerBlockOptin = 99 << 10;
  device.reservedSharedMemPerBlock = 1 << 10;

  cudaOccFuncAttributes kernel;
  kernel.maxThreadsPerBlock = 1024;
  kernel.numRegs = std::atoi(arguments[1]);
  kernel.sharedSizeBytes = std::atoi(arguments[2]);
  kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
  kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  const int dynamic = std::atoi(arguments[3]);
  kernel.maxDynamicSharedSizeBytes = dynamic;
  kernel.numBlockBarriers = 1;

  const cudaOccDeviceState state;
  cudaOccResult result;
  if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state,
                                              std::atoi(arguments[4]),
                                              dynamic) != CUDA_OCC_SUCCESS) {
    return 1;
  }
  std::printf("%d\n", result.activeBlocksPerMultiprocessor);
}
