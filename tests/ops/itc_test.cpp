// The contrastive loss against its reference in f64: similarities, targets, loss and gradients.
#include "kernels/itc.h"

#include "kernels/reference/itc.h"
#include "kernels/reference/normalize.h"
#include "tests/ops/cases/itc_cases.h"
#include "tests/ops/support.h"

namespace medley::tests {
namespace {

constexpr double kAlpha = 0.4;

template <class T>
std::vector<T> unit_rows(int64_t rows, int64_t n, uint32_t sample) {
  auto x = numbers<T>(rows * n, sample);
  std::vector<T> y(x.size()), norm(static_cast<size_t>(rows));
  kernels::reference::normalize_forward<T>(
      {.rows = rows, .n = n, .x = x.data(), .y = y.data(), .norm = norm.data()});
  return y;
}

template <class T>
Outputs run(const cases::ItcCase& c, bool captions, bool gradients,
            void (*op)(const kernels::Itc<T>&)) {
  const int64_t b = c.batch, q = c.queue, k = b + q, n = c.n;
  const auto image = unit_rows<T>(b, n, 1), text = unit_rows<T>(b, n, 2),
             image_m = unit_rows<T>(b, n, 3), text_m = unit_rows<T>(b, n, 4),
             image_queue = unit_rows<T>(q, n, 5), text_queue = unit_rows<T>(q, n, 6);
  std::vector<int64_t> caption, queue_caption;
  for (int64_t i = 0; i < b; ++i) caption.push_back(i % 3);  // several rows share a caption
  for (int64_t i = 0; i < q; ++i) queue_caption.push_back(i % 5 == 4 ? -1 : i % 5);
  const T temp = T(0.07);
  Output<T> sim_i2t(b * k), sim_t2i(b * k), target_i2t(b * k), target_t2i(b * k), loss(1),
      dimage(b * n), dtext(b * n), dtemp(1);
  op({.batch = b,
      .queue = q,
      .n = n,
      .image = image.data(),
      .text = text.data(),
      .image_momentum = image_m.data(),
      .text_momentum = text_m.data(),
      .image_queue = image_queue.data(),
      .text_queue = text_queue.data(),
      .caption = captions ? caption.data() : nullptr,
      .queue_caption = captions && q > 0 ? queue_caption.data() : nullptr,
      .temp = &temp,
      .alpha = &kAlpha,
      .sim_i2t = sim_i2t.data(),
      .sim_t2i = sim_t2i.data(),
      .target_i2t = target_i2t.data(),
      .target_t2i = target_t2i.data(),
      .loss = loss.data(),
      .dimage = gradients ? dimage.data() : nullptr,
      .dtext = gradients ? dtext.data() : nullptr,
      .dtemp = gradients ? dtemp.data() : nullptr});
  Outputs all;
  for (const Output<T>* out : {&sim_i2t, &sim_t2i, &target_i2t, &target_t2i, &loss})
    out->collect(all);
  if (gradients)
    for (const Output<T>* out : {&dimage, &dtext, &dtemp}) out->collect(all);
  return all;
}

TEST_CASE("itc", "[itc]") {
  for (const cases::ItcCase& c : cases::itc_cases())
    for (const bool captions : {false, true})
      for (const bool gradients : {false, true}) {
        CAPTURE(c.batch, c.queue, c.n, captions, gradients);
        check_kernel(
            [&] { return run<float>(c, captions, gradients, kernels::cpu::itc); },
            [&] { return run<float>(c, captions, gradients, kernels::reference::itc<float>); },
            [&] { return run<double>(c, captions, gradients, kernels::cpu::itc); }, 3);
      }
}

TEST_CASE("itc: equal features cost the logarithm of the number of keys", "[itc]") {
  const std::vector<double> same(8, 0.5);  // 2 rows of 4
  const double temp = 0.07;
  std::vector<double> sims(4), targets(4), more(4), others(4);
  double loss = 0;
  kernels::cpu::itc({.batch = 2,
                     .queue = 0,
                     .n = 4,
                     .image = same.data(),
                     .text = same.data(),
                     .image_momentum = same.data(),
                     .text_momentum = same.data(),
                     .temp = &temp,
                     .alpha = &kAlpha,
                     .sim_i2t = sims.data(),
                     .sim_t2i = more.data(),
                     .target_i2t = targets.data(),
                     .target_t2i = others.data(),
                     .loss = &loss});
  CHECK(loss == Approx(std::log(2.0)).epsilon(1e-12));
  for (const double s : sims) CHECK(s == Approx(1 / 0.07).epsilon(1e-12));
}

}  // namespace
}  // namespace medley::tests
