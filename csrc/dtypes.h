#pragma once
// THE list of dtypes: what an element looks like in memory, and how a run-time dtype becomes a
// type.

#include <cstdint>
#include <stdexcept>

namespace torch_argmax {

enum class DType : uint8_t {
  Bool,
  UInt8,
  Int8,
  Int16,
  Int32,
  Int64,
  Float16,
  BFloat16,
  Float32,
  Float64,
};

// Elements without a C++ type of their own are kept as their bits; order.h gives them a rank.
struct Bool {
  uint8_t byte;
};
struct Float16 {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

// A type as a value, so that `visit` can hand one to a generic lambda.
template <class T>
struct Type {
  using type = T;
};

// Calls `f(Type<T>{})` with the element type of `dtype`.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::Bool:
      return f(Type<Bool>{});
    case DType::UInt8:
      return f(Type<uint8_t>{});
    case DType::Int8:
      return f(Type<int8_t>{});
    case DType::Int16:
      return f(Type<int16_t>{});
    case DType::Int32:
      return f(Type<int32_t>{});
    case DType::Int64:
      return f(Type<int64_t>{});
    case DType::Float16:
      return f(Type<Float16>{});
    case DType::BFloat16:
      return f(Type<BFloat16>{});
    case DType::Float32:
      return f(Type<float>{});
    case DType::Float64:
      return f(Type<double>{});
  }
  throw std::logic_error("torch_argmax: unknown DType");
}

inline int size_of(DType dtype) {
  return visit(dtype, [](auto type) { return int{sizeof(typename decltype(type)::type)}; });
}

inline const char* name_of(DType dtype) {
  constexpr const char* names[] = {"bool",  "uint8",   "int8",     "int16",   "int32",
                                   "int64", "float16", "bfloat16", "float32", "float64"};
  return names[static_cast<int>(dtype)];
}

}  // namespace torch_argmax
