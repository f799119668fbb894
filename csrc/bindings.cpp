// The Python module torch_argmax._C: the fast call, and the planner to look into.

#include <ATen/PythonTorchFunctionTLS.h>
#include <torch/csrc/Exceptions.h>
#include <torch/extension.h>

#include "backend.h"
#include "cpu/instructions.h"
#include "ops.h"

#define TA_QUOTE_(x) #x
#define TA_QUOTE(x) TA_QUOTE_(x)

namespace py = pybind11;

namespace torch_argmax {
namespace {

// The fast calls: straight to the dispatcher, with torch's errors and warnings as Python's. Argmax
// of 4 float32 on a Zen 3 (2026-11-27) takes 1.1 us so, 2.1 by functions of pybind11, 3.8 by
// torch.ops, and 2.4 in torch.
//
// Arguments are (input, dim, keepdim, out). A call steps aside (NotImplemented) where they are not
// plainly a tensor, an int, a bool and tensors, and where __torch_function__ wants to see it.
struct Arguments {
  bool plain = false;
  std::optional<int64_t> dim;
  bool keepdim = false;

  Arguments(PyObject* const* args, Py_ssize_t count) {
    if (count != 4 || !THPVariable_CheckExact(args[0]) || !PyBool_Check(args[2]) ||
        at::impl::torch_function_mode_enabled()) {
      return;
    }
    if (args[1] != Py_None) {
      int overflow = 0;
      if (!PyLong_CheckExact(args[1])) return;
      dim = PyLong_AsLongLongAndOverflow(args[1], &overflow);
      if (overflow != 0) return;
    }
    keepdim = args[2] == Py_True;
    plain = true;
  }
};

// Calls an operator, and lets other Python threads run if it may take long: to do so takes 0.09 us,
// and to read so little on a CPU less than 10.
template <class Op, class... Args>
auto call(const Op& op, const at::Tensor& input, const Args&... args) {
  constexpr int64_t kFewElements = 1 << 15;
  std::optional<py::gil_scoped_release> release;
  if (!input.is_cpu() || input.numel() > kFewElements) release.emplace();
  return op.call(input, args...);
}

template <class Signature>
c10::TypedOperatorHandle<Signature> find(const std::string& name, const std::string& overload) {
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow(("torch_argmax::" + name).c_str(), overload.c_str())
      .typed<Signature>();
}

template <Order order>
PyObject* call_arg(PyObject*, PyObject* const* args, Py_ssize_t count) {
  HANDLE_TH_ERRORS
  using Signature = at::Tensor(const at::Tensor&, std::optional<int64_t>, bool);
  using OutSignature = void(const at::Tensor&, std::optional<int64_t>, bool, const at::Tensor&);
  static const std::string name = std::string("arg") + name_of(order);
  static const auto op = find<Signature>(name, "");
  static const auto op_out = find<OutSignature>(name, "out");
  const Arguments given(args, count);
  if (!given.plain) Py_RETURN_NOTIMPLEMENTED;
  const at::Tensor& input = THPVariable_Unpack(args[0]);
  PyObject* const out = args[3];
  if (out == Py_None) {
    return THPVariable_Wrap(call(op, input, given.dim, given.keepdim));
  }
  if (!THPVariable_Check(out)) Py_RETURN_NOTIMPLEMENTED;
  call(op_out, input, given.dim, given.keepdim, THPVariable_Unpack(out));
  return Py_NewRef(out);
  END_HANDLE_TH_ERRORS
}

template <Order order>
PyObject* call_extremum(PyObject*, PyObject* const* args, Py_ssize_t count) {
  HANDLE_TH_ERRORS
  using Tensors = std::tuple<at::Tensor, at::Tensor>;
  using Signature = Tensors(const at::Tensor&, int64_t, bool);
  using OutSignature = void(const at::Tensor&, int64_t, bool, const at::Tensor&, const at::Tensor&);
  static const std::string name = name_of(order);
  static const auto op = find<Signature>(name, "dim");
  static const auto op_out = find<OutSignature>(name, "dim_" + name);
  const Arguments given(args, count);
  if (!given.plain || !given.dim) Py_RETURN_NOTIMPLEMENTED;
  const at::Tensor& input = THPVariable_Unpack(args[0]);
  PyObject* const out = args[3];
  if (out == Py_None) {
    const auto [values, indices] = call(op, input, *given.dim, given.keepdim);
    return py::make_tuple(values, indices).release().ptr();
  }
  const auto [values, indices] = py::cast<Tensors>(py::handle(out));
  call(op_out, input, *given.dim, given.keepdim, values, indices);
  return Py_NewRef(out);
  END_HANDLE_TH_ERRORS
}

void bind_calls(py::module_& module) {
  using Call = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);
  const auto method = [](const char* name, Call function) {
    return PyMethodDef{name, reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function)),
                       METH_FASTCALL, nullptr};
  };
  static PyMethodDef methods[] = {method("argmax", call_arg<Order::Max>),
                                  method("argmin", call_arg<Order::Min>),
                                  method("max", call_extremum<Order::Max>),
                                  method("min", call_extremum<Order::Min>),
                                  {}};
  if (PyModule_AddFunctions(module.ptr(), methods) != 0) throw py::error_already_set();
}

py::dict build_info() {
  const int cuda = cuda::toolkit_version();
  py::dict info;
  info["torch"] = TORCH_VERSION;
  info["cuda"] = cuda ? py::object(py::str(std::to_string(cuda / 1000) + "." +
                                           std::to_string(cuda % 1000 / 10)))
                      : py::object(py::none());
  info["architectures"] = TA_QUOTE(TORCH_ARGMAX_ARCHITECTURES);
  info["compiler"] = __VERSION__;
  info["instructions"] = cpu::instruction_set();
  return info;
}

py::list dims_of(const Dims& dims) {
  py::list list;
  for (int i = 0; i < dims.count; ++i) {
    list.append(py::make_tuple(dims.dims[i].size, dims.dims[i].stride, dims.dims[i].step));
  }
  return list;
}

py::tuple tuple_of(const Extents& e) {
  return py::make_tuple(e.outer, e.reduce, e.inner);
}

Problem describe_named(const at::Tensor& input, const std::string& order,
                       std::optional<int64_t> dim) {
  TORCH_CHECK_VALUE(order == "max" || order == "min", "order must be 'max' or 'min', not '", order,
                    "'");
  TORCH_CHECK_VALUE(input.numel() != 0, "an input without elements has no plan");
  return describe(input, order == "max" ? Order::Max : Order::Min, wrapped(input, dim));
}

void bind_planner(py::module_& module) {
  py::class_<Limits>(
      module, "Limits",
      "What a plan may rely on.\n\n"
      "processors: SMs of a GPU, or worker threads of a CPU.\n"
      "max_cluster: thread blocks of a cluster, 1 before sm_90.\n"
      "shared_bytes: shared memory that a thread block may have; 99 KB since sm_80.\n"
      "window_bytes: of memory for which a launch can set an access policy.")
      .def(py::init([](int processors, int max_cluster, int shared_bytes, int64_t window_bytes) {
             return Limits{processors, max_cluster, shared_bytes, window_bytes};
           }),
           py::arg("processors"), py::arg("max_cluster") = 1,
           py::arg("shared_bytes") = Limits{}.shared_bytes, py::arg("window_bytes") = 0)
      .def_readonly("processors", &Limits::processors)
      .def_readonly("max_cluster", &Limits::max_cluster)
      .def_readonly("shared_bytes", &Limits::shared_bytes)
      .def_readonly("window_bytes", &Limits::window_bytes);

  py::class_<Problem>(
      module, "Problem",
      "A reduction as a walk through memory: outer x reduce x inner, each dimension "
      "as (size, stride in elements, step in the result).")
      .def_property_readonly("order", [](const Problem& p) { return name_of(p.order); })
      .def_property_readonly("dtype", [](const Problem& p) { return name_of(p.dtype); })
      .def_property_readonly("outer", [](const Problem& p) { return dims_of(p.outer); })
      .def_property_readonly("reduce", [](const Problem& p) { return dims_of(p.reduce); })
      .def_property_readonly("inner",
                             [](const Problem& p) {
                               return py::make_tuple(p.inner.size, p.inner.stride, p.inner.step);
                             })
      .def("__eq__", [](const Problem& a, const Problem& b) { return a == b; })
      .def("__repr__", [](const Problem& p) { return to_string(p); });

  py::class_<Plan>(
      module, "Plan",
      "The kernel of a call, and how it cuts outer x reduce x inner into boxes.\n\n"
      "kernel: its name. space, tile: extents of the whole and of a box, in elements.\n"
      "splits: pieces of the reduced dimension. boxes: their number.\n"
      "blocks, threads: the launch (CPU: tasks, 1). lanes: threads that share a\n"
      "result; of column_front, column_ring and column_flat, rows that are looked at together.\n"
      "cluster: blocks that combine what they found in shared memory. shared_bytes: of shared\n"
      "memory that a block gets besides what its kernel declares. candidates: those of a\n"
      "result that are combined through scratch memory; 1 where a block finds the result itself.\n"
      "fronts: places at which the blocks of column_front read at a time, 0 of others.\n"
      "faster: reduced dimensions faster than the one along which strided_lines reads, 0 of "
      "others.\n"
      "evict_first_bytes: of the input, from its beginning, those that are the first to leave the\n"
      "L2 cache.")
      .def_property_readonly("kernel", [](const Plan& p) { return p.kernel->name; })
      .def_property_readonly("space", [](const Plan& p) { return tuple_of(p.tiling.space()); })
      .def_property_readonly("tile", [](const Plan& p) { return tuple_of(p.tiling.tile()); })
      .def_property_readonly("splits", [](const Plan& p) { return p.tiling.splits(); })
      .def_property_readonly("boxes", [](const Plan& p) { return p.tiling.boxes(); })
      .def("box",
           [](const Plan& p, int64_t number) {
             const Box box = p.tiling.box(number);
             return py::make_tuple(py::make_tuple(box.outer.begin, box.outer.end),
                                   py::make_tuple(box.reduce.begin, box.reduce.end),
                                   py::make_tuple(box.inner.begin, box.inner.end), box.split);
           })
      .def_readonly("blocks", &Plan::blocks)
      .def_readonly("threads", &Plan::threads)
      .def_readonly("lanes", &Plan::lanes)
      .def_readonly("cluster", &Plan::cluster)
      .def_readonly("shared_bytes", &Plan::shared_bytes)
      .def_readonly("candidates", &Plan::candidates)
      .def_readonly("fronts", &Plan::fronts)
      .def_readonly("faster", &Plan::faster)
      .def_readonly("evict_first_bytes", &Plan::evict_first_bytes)
      .def("__eq__", [](const Plan& a, const Plan& b) { return a == b; })
      .def("__repr__", [](const Plan& p) { return to_string(p); });

  module.def("describe", &describe_named, py::arg("input"), py::arg("order"), py::arg("dim"));
  module.def("plan",
             [](const c10::Device& device, const Problem& problem, std::optional<Limits> given) {
               const Kernels& list = kernels(device);
               return choose(list, problem, given ? *given : limits(device));
             });
  module.def("kernels", [](const c10::Device& device) {
    py::list names;
    for (const Kernel& kernel : kernels(device))
      names.append(kernel.name);
    return names;
  });
  module.def("forced_kernel", [] { return forced_kernel(); });
  module.def("force_kernel", [](const std::string& name) { forced_kernel() = name; });
}

}  // namespace
}  // namespace torch_argmax

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("build_info", &torch_argmax::build_info);
  module.def("instruction_sets", &torch_argmax::cpu::instruction_sets);
  module.def("force_instruction_set", &torch_argmax::cpu::force_instruction_set);
  torch_argmax::bind_planner(module);
  torch_argmax::bind_calls(module);
}
