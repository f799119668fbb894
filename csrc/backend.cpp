#include "backend.h"

#include <c10/util/Exception.h>

#include "cpu/plan.h"
#include "cuda/plan.h"

namespace torch_argmax {

const Kernels& kernels(const c10::Device& device) {
  TORCH_CHECK_VALUE(device.is_cpu() || device.is_cuda(), "torch_argmax: no kernels for device ",
                    device);
  return device.is_cpu() ? cpu::kernels() : cuda::kernels();
}

Limits limits(const c10::Device& device) {
  TORCH_CHECK_VALUE(device.is_cpu() || device.is_cuda(), "torch_argmax: no limits for device ",
                    device);
  return device.is_cpu() ? cpu::limits() : cuda::limits(device.index());
}

}  // namespace torch_argmax
