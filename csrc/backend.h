#pragma once
// What the planner needs of a device.

#include <c10/core/Device.h>

#include "plan.h"

namespace torch_argmax {

const Kernels& kernels(const c10::Device& device);
Limits limits(const c10::Device& device);

namespace cpu {
Limits limits();
}  // namespace cpu

namespace cuda {
Limits limits(int device);  // throws where this build has no CUDA
int toolkit_version();      // as CUDART_VERSION: 13000 for 13.0; 0 where this build has no CUDA
}  // namespace cuda

}  // namespace torch_argmax
