// Capture and launch: what is recorded does not run, what is launched does exactly what running it
// does, and memory of a graph stays its own.
#include "core/cuda/graph.h"

#include "core/cuda/stream.h"
#include "core/error.h"
#include "core/tensor.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"
#include "tests/cuda/support.h"

using namespace medley;
using namespace medley::tests;

namespace {

// sum += 2 (x + x), by way of a buffer that lives for the length of the call.
void step(const Tensor& sum, const Tensor& x) {
  const Tensor doubled = Tensor::empty(x.shape(), DType::f32, kCuda);
  const auto add = [n = x.elements()](const Tensor& a, const Tensor& b, const Tensor& y, float f) {
    MEDLEY_KERNEL(
        add, kCuda,
        kernels::Add<float>{
            .n = n, .a = a.data<float>(), .b = b.data<float>(), .y = y.data<float>(), .factor = f});
  };
  add(x, x, doubled, 2);
  add(sum, doubled, sum, 1);
}

Tensor filled(float value) { return Tensor::from(std::vector<float>(1000, value), {1000}, kCuda); }

}  // namespace

TEST_CASE("cuda graph: launches equal eager steps") {
  if (no_device()) return;
  const Tensor eager = filled(1), x = filled(0), replayed = filled(1), input = filled(0);
  cuda::Graph graph(kCuda);
  graph.capture([&] { step(replayed, input); });
  CHECK(graph.captured());
  CHECK(replayed.to_vector<float>() == std::vector<float>(1000, 1.0f));  // nothing has run
  for (const float value : {0.1f, 0.7f, -3.3f}) {
    x.copy_from(filled(value));
    input.copy_from(filled(value));
    step(eager, x);
    graph.launch();
  }
  CHECK(replayed.to_vector<float>() == eager.to_vector<float>());
}

TEST_CASE("cuda graph: copies, fills and pinned memory are recorded") {
  if (no_device()) return;
  const Tensor a = filled(1), b = filled(2);
  cuda::PinnedBuffer in(4000), out(4000);
  cuda::Graph graph(kCuda);
  graph.capture([&] {
    in.copy_to_device(a.raw(), 4000, stream());
    b.copy_from(a);
    a.slice(0, 0, 500).fill_zero();
    out.copy_from_device(b.raw(), 4000, stream());
  });
  for (const float value : {5.0f, 6.0f}) {
    std::fill_n(in.data<float>(), 1000, value);
    graph.launch();
    cuda::synchronize(kCuda);
    CHECK(out.data<float>()[999] == value);
    CHECK(a.to_vector<float>()[0] == 0);
    CHECK(a.to_vector<float>()[999] == value);
  }
}

TEST_CASE("cuda graph: its memory is nobody else's until it ends") {
  if (no_device()) return;
  release_cached_memory(kCuda);
  const Tensor sum = filled(0), x = filled(1);
  void* buffer = nullptr;
  {
    cuda::Graph graph(kCuda);
    graph.capture([&] {
      const Tensor inside = Tensor::empty({1000}, DType::f32, kCuda);
      buffer = inside.raw();
      step(sum, x);
    });
    // The size that the step needed, over and over: none of it is what the graph writes to.
    std::vector<Tensor> others;
    for (int i = 0; i < 8; ++i) others.push_back(filled(9));
    for (const Tensor& other : others) CHECK(other.raw() != buffer);
    release_cached_memory(kCuda);
    graph.launch();
    CHECK(sum.to_vector<float>()[7] == 4);
    for (const Tensor& other : others)
      CHECK(other.to_vector<float>() == std::vector<float>(1000, 9.0f));
  }
  release_cached_memory(kCuda);
  CHECK(memory_stats(kCuda).cached == 0);
}

TEST_CASE("cuda graph: graphs that share a pool share memory") {
  if (no_device()) return;
  release_cached_memory(kCuda);
  const Tensor x = filled(1), one = filled(0), two = filled(0);
  const auto pool = std::make_shared<MemoryPool>(kCuda);
  cuda::Graph first(kCuda, pool), second(kCuda, pool);
  first.capture([&] { step(one, x); });
  const uint64_t requests = memory_stats(kCuda).system_requests;
  second.capture([&] { step(two, x); });
  CHECK(memory_stats(kCuda).system_requests == requests);
  for (int i = 0; i < 2; ++i) {
    first.launch();
    second.launch();
  }
  CHECK(one.to_vector<float>() == std::vector<float>(1000, 8.0f));
  CHECK(two.to_vector<float>() == std::vector<float>(1000, 8.0f));
}

TEST_CASE("cuda graph: what the host reads or writes meanwhile is refused, and capture ends") {
  if (no_device()) return;
  const Tensor x = filled(1);
  cuda::Graph graph(kCuda);
  CHECK_THROWS_AS(graph.launch(), DeviceError);
  CHECK_THROWS_WITH(graph.capture([&] { static_cast<void>(x.to_vector<float>()); }),
                    Catch::Contains("read by the host while a graph is captured"));
  CHECK_THROWS_WITH(graph.capture([&] { x.copy_from(Tensor::zeros({1000})); }),
                    Catch::Contains("copied to the device while a graph is captured"));
  CHECK_THROWS_WITH(graph.capture([&] { cuda::synchronize(kCuda); }),
                    Catch::Contains("waited for while a graph is captured"));
  CHECK_THROWS_AS(graph.capture([&] { graph.capture([] {}); }), DeviceError);
  CHECK_FALSE(graph.captured());
  CHECK_FALSE(cuda::is_capturing(stream()));
  CHECK(x.to_vector<float>() == std::vector<float>(1000, 1.0f));
  graph.capture([&] { x.fill_zero(); });
  graph.launch();
  CHECK(x.to_vector<float>() == std::vector<float>(1000, 0.0f));
}
