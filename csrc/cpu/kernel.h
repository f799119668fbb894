#pragma once

#include "../registry.h"
#include "../work.h"

namespace torch_argmax::cpu {

// Reduces one box. Each kernel file registers its instantiations by the name in the planner's list.
using Function = void (*)(const Work& work, const Box& box);
using Registration = torch_argmax::Registration<Function>;

}  // namespace torch_argmax::cpu
