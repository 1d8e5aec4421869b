// Atomic operations of CUDA on integers. They order nothing but themselves (PTX ISA, atom:
// .relaxed). Float sums are not here: their order, and so their bits, would depend on the schedule.
#pragma once

#include <atomic>
#include <concepts>
#include <type_traits>

namespace medley::kernels::cuda::emulator {

template <class T>
concept AtomicInteger = std::integral<T> &&(sizeof(T) == 4 || sizeof(T) == 8);

template <AtomicInteger T, class Update>
T atomic_update(T* address, Update update) {
  std::atomic_ref<T> word(*address);
  T old = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(old, update(old), std::memory_order_relaxed)) {
  }
  return old;
}

}  // namespace medley::kernels::cuda::emulator

#define MEDLEY_ATOMIC(name, result)                                                                \
  template <medley::kernels::cuda::emulator::AtomicInteger T>                                      \
  T name(T* address, std::type_identity_t<T> value) {                                              \
    return medley::kernels::cuda::emulator::atomic_update(address, [&](T old) { return result; }); \
  }
MEDLEY_ATOMIC(atomicAdd, static_cast<T>(old + value))
MEDLEY_ATOMIC(atomicMin, old < value ? old : value)
MEDLEY_ATOMIC(atomicMax, old < value ? value : old)
MEDLEY_ATOMIC(atomicAnd, static_cast<T>(old& value))
MEDLEY_ATOMIC(atomicOr, static_cast<T>(old | value))
#undef MEDLEY_ATOMIC

template <medley::kernels::cuda::emulator::AtomicInteger T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return std::atomic_ref<T>(*address).exchange(value, std::memory_order_relaxed);
}

template <medley::kernels::cuda::emulator::AtomicInteger T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  std::atomic_ref<T>(*address).compare_exchange_strong(expected, value, std::memory_order_relaxed);
  return expected;  // what was there, in both cases
}
