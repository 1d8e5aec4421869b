// CUDA's built-in structs, in the global namespace as there.
#pragma once

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

#define MEDLEY_VECTOR_TYPES(Element, name)                                              \
  struct alignas(2 * sizeof(Element)) name##2 {                                         \
    Element x, y;                                                                       \
  };                                                                                    \
  struct alignas(16) name##4 {                                                          \
    Element x, y, z, w;                                                                 \
  };                                                                                    \
  inline constexpr name##2 make_##name##2(Element x, Element y) { return {x, y}; }      \
  inline constexpr name##4 make_##name##4(Element x, Element y, Element z, Element w) { \
    return {x, y, z, w};                                                                \
  }
MEDLEY_VECTOR_TYPES(float, float)
MEDLEY_VECTOR_TYPES(int, int)
MEDLEY_VECTOR_TYPES(unsigned, uint)
#undef MEDLEY_VECTOR_TYPES

struct alignas(16) double2 {
  double x, y;
};
inline constexpr double2 make_double2(double x, double y) { return {x, y}; }
