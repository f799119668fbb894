// Included in the namespace of each instruction set, outside of its target region: registering must
// run on any machine.

const Registration<kSet> rows_registration("rows", [](auto type, auto order) {
  return Compiled<kSet>{&rows<typename decltype(type)::type, decltype(order)::value>};
});
const Registration<kSet> columns_registration("columns", [](auto type, auto order) {
  return Compiled<kSet>{&columns<typename decltype(type)::type, decltype(order)::value>};
});
const Registration<kSet> strided_registration("strided", [](auto type, auto order) {
  return Compiled<kSet>{&strided<typename decltype(type)::type, decltype(order)::value>};
});
