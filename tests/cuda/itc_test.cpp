// The contrastive loss on CUDA: similarities, targets, loss and gradients.
#include "kernels/itc.h"

#include "kernels/reference/itc.h"
#include "kernels/reference/normalize.h"
#include "tests/cuda/sides.h"
#include "tests/ops/cases/itc_cases.h"

namespace medley::tests {
namespace {

std::vector<float> unit_rows(int64_t rows, int64_t n, uint32_t sample) {
  auto x = numbers<double>(rows * n, sample);
  std::vector<double> y(x.size()), norm(static_cast<size_t>(rows));
  kernels::reference::normalize_forward<double>(
      {.rows = rows, .n = n, .x = x.data(), .y = y.data(), .norm = norm.data()});
  return converted<float>(y);
}

void check(const cases::ItcCase& c, bool captions, bool gradients) {
  CAPTURE(c.batch, c.queue, c.n, captions, gradients);
  const int64_t b = c.batch, q = c.queue, k = b + q, n = c.n;
  std::vector<int64_t> caption_ids, queue_ids;
  for (int64_t i = 0; i < b; ++i) caption_ids.push_back(i % 3);  // several rows share a caption
  for (int64_t i = 0; i < q; ++i) queue_ids.push_back(i % 5 == 4 ? -1 : i % 5);
  check_on_device<float>(
      [&]<class Side>(Side) {
        using Buffer = typename Side::Buffer;
        const Buffer image(unit_rows(b, n, 1)), text(unit_rows(b, n, 2)),
            image_m(unit_rows(b, n, 3)), text_m(unit_rows(b, n, 4)),
            image_queue(unit_rows(q, n, 5)), text_queue(unit_rows(q, n, 6)),
            temp(std::vector<float>{0.07f});
        const typename Side::template Ints<double> alpha(std::vector<double>{0.4});
        const typename Side::template Ints<int64_t> caption(caption_ids), queue_caption(queue_ids);
        Buffer sim_i2t(b * k), sim_t2i(b * k), target_i2t(b * k), target_t2i(b * k), loss(1),
            dimage(b * n), dtext(b * n), dtemp(1);
        MEDLEY_RUN(itc, kernels::Itc<typename Side::Type>{
                            .batch = b,
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
                            .temp = temp.data(),
                            .alpha = captions ? alpha.data() : nullptr,
                            .sim_i2t = sim_i2t.data(),
                            .sim_t2i = sim_t2i.data(),
                            .target_i2t = target_i2t.data(),
                            .target_t2i = target_t2i.data(),
                            .loss = loss.data(),
                            .dimage = gradients ? dimage.data() : nullptr,
                            .dtext = gradients ? dtext.data() : nullptr,
                            .dtemp = gradients ? dtemp.data() : nullptr});
        Outputs all{sim_i2t.values(), sim_t2i.values(), target_i2t.values(), target_t2i.values(),
                    loss.values()};
        if (gradients)
          for (const Buffer* out : {&dimage, &dtext, &dtemp}) all.push_back(out->values());
        return all;
      },
      3);
}

TEST_CASE("itc on CUDA", "[itc]") {
  if (no_device()) return;
  for (const cases::ItcCase& c : cases::itc_cases())
    for (const bool captions : {false, true})
      for (const bool gradients : {false, true}) check(c, captions, gradients);
}

}  // namespace
}  // namespace medley::tests
