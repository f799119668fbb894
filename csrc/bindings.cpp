// The Python module torch_argmax._C: the fast call, and the planner to look into.

#include <torch/extension.h>

#include "backend.h"
#include "cpu/instructions.h"
#include "ops.h"

#define TA_QUOTE_(x) #x
#define TA_QUOTE(x) TA_QUOTE_(x)

namespace py = pybind11;

namespace torch_argmax {
namespace {

// The fast call: straight to the dispatcher, where Python's way through torch.ops costs more than a
// small reduction; and with torch's warnings as Python's. It steps aside (NotImplemented) for
// arguments that are not plainly a tensor, an int and a bool. Its callers have asked whether
// __torch_function__ wants the call.
struct Arguments {
  bool plain = false;
  at::Tensor input;
  std::optional<int64_t> dim;
  bool keepdim = false;

  Arguments(py::handle input_object, py::handle dim_object, py::handle keepdim_object) {
    if (!THPVariable_Check(input_object.ptr()) || !PyBool_Check(keepdim_object.ptr())) return;
    if (!dim_object.is_none()) {
      if (!PyLong_CheckExact(dim_object.ptr())) return;
      dim = py::cast<int64_t>(dim_object);
    }
    input = THPVariable_Unpack(input_object.ptr());
    keepdim = keepdim_object.ptr() == Py_True;
    plain = true;
  }
};

py::object step_aside() {
  return py::reinterpret_borrow<py::object>(Py_NotImplemented);
}

template <class Signature>
c10::TypedOperatorHandle<Signature> find(const std::string& name, const std::string& overload) {
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow(("torch_argmax::" + name).c_str(), overload.c_str())
      .typed<Signature>();
}

void bind_arg(py::module_& module, const char* name) {
  using Signature = at::Tensor(const at::Tensor&, std::optional<int64_t>, bool);
  using OutSignature = void(const at::Tensor&, std::optional<int64_t>, bool, const at::Tensor&);
  const auto op = find<Signature>(name, "");
  const auto op_out = find<OutSignature>(name, "out");
  const auto call = [op, op_out](py::handle input, py::handle dim, py::handle keepdim,
                                 std::optional<at::Tensor> out) -> py::object {
    const Arguments arguments(input, dim, keepdim);
    if (!arguments.plain) return step_aside();
    {
      const py::gil_scoped_release release;
      if (out) {
        op_out.call(arguments.input, arguments.dim, arguments.keepdim, *out);
      } else {
        out = op.call(arguments.input, arguments.dim, arguments.keepdim);
      }
    }
    return py::cast(std::move(*out));
  };
  module.def(name, torch::wrap_pybind_function(call));
}

void bind_extremum(py::module_& module, const std::string& name) {
  using Tensors = std::tuple<at::Tensor, at::Tensor>;
  using Signature = Tensors(const at::Tensor&, int64_t, bool);
  using OutSignature = void(const at::Tensor&, int64_t, bool, const at::Tensor&, const at::Tensor&);
  const auto op = find<Signature>(name, "dim");
  const auto op_out = find<OutSignature>(name, "dim_" + name);
  const auto call = [op, op_out](py::handle input, py::handle dim, py::handle keepdim,
                                 std::optional<Tensors> out) -> py::object {
    const Arguments arguments(input, dim, keepdim);
    if (!arguments.plain || !arguments.dim) return step_aside();
    {
      const py::gil_scoped_release release;
      if (out) {
        auto& [values, indices] = *out;
        op_out.call(arguments.input, *arguments.dim, arguments.keepdim, values, indices);
      } else {
        out = op.call(arguments.input, *arguments.dim, arguments.keepdim);
      }
    }
    return py::cast(std::move(*out));
  };
  module.def(name.c_str(), torch::wrap_pybind_function(call));
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
  for (const char* name : {"argmax", "argmin"})
    torch_argmax::bind_arg(module, name);
  for (const char* name : {"max", "min"})
    torch_argmax::bind_extremum(module, name);
}
