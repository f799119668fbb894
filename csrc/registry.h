#pragma once
// Where the planner's list, which names kernels, meets the kernels' instantiations.

#include <functional>
#include <map>
#include <string_view>

#include "dtypes.h"
#include "order.h"

namespace torch_argmax {

// A kernel file defines one static Registration for its device's type of function.
template <class Function>
class Registration {
 public:
  // `instance(Type<T>, std::integral_constant<Order, ...>)` gives the function for these.
  template <class Instance>
  Registration(const char* name, Instance instance) {
    table()[name] = [instance](DType dtype, Order order) {
      return visit(dtype, [&](auto type) {
        return visit(order, [&](auto constant) -> Function { return instance(type, constant); });
      });
    };
  }

  static Function find(std::string_view name, DType dtype, Order order) {
    return table().at(name)(dtype, order);
  }

 private:
  using Select = std::function<Function(DType, Order)>;
  static std::map<std::string_view, Select>& table() {
    static std::map<std::string_view, Select> table;
    return table;
  }
};

}  // namespace torch_argmax
