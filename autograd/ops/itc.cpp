#include "autograd/ops/itc.h"

#include "autograd/checks.h"
#include "autograd/dtype_switch.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/flops.h"
#include "core/str.h"
#include "kernels/add.h"
#include "kernels/dispatch.h"
#include "kernels/itc.h"

namespace medley::autograd {
namespace {

// The gradients for dloss = 1 were made in forward, before the queue moved on; backward scales
// them.
struct ItcNode final : Node {
  Saved dimage{"dimage"}, dtext{"dtext"}, dtemp{"dtemp"};

  const char* name() const override { return "itc"; }
  std::vector<Saved*> saved() override { return {&dimage, &dtext, &dtemp}; }

  void backward(Gradients& g) override {
    const Saved* gradients[] = {&dimage, &dtext, &dtemp};
    for (int i = 0; i < 3; ++i)
      if (g.wants(i)) g.give(i, scaled(gradients[i]->get(), g.out(0)));
  }

  static Tensor scaled(const Tensor& gradient, const Tensor& dloss) {
    with_float("itc", gradient.dtype(), [&](auto zero) {
      using T = decltype(zero);
      MEDLEY_KERNEL(add, gradient.device(),
                    kernels::Add<T>{.n = gradient.elements(),
                                    .a = gradient.data<T>(),
                                    .y = gradient.data<T>(),
                                    .times = dloss.data<T>()});
    });
    return gradient;
  }
};

void check(const ItcInputs& in) {
  check_matrix("itc", "image", in.image, 2);
  const Shape shape = in.image.shape();
  for (const auto& [name, t] :
       {std::pair("text", &in.text), std::pair("image_momentum", &in.image_momentum),
        std::pair("text_momentum", &in.text_momentum)}) {
    check_operand("itc", in.image, name, *t, shape);
  }
  check_operand("itc", in.image, "temp", in.temp, in.temp.shape());
  if (in.temp.elements() != 1)
    throw ShapeError(str("[itc] temp has shape ", in.temp.shape(), ", not one element"));
  const bool queued = in.image_queue.defined();
  if (queued != in.text_queue.defined())
    throw ShapeError("[itc] only one of the two queues is defined");
  if (queued) {
    check_operand("itc", in.image, "image_queue", in.image_queue,
                  {in.image_queue.size(0), shape[1]});
    check_operand("itc", in.image, "text_queue", in.text_queue, in.image_queue.shape());
  }
  check_constant("itc", "image_momentum", in.image_momentum);
  check_constant("itc", "text_momentum", in.text_momentum);
  check_constant("itc", "image_queue", in.image_queue);
  check_constant("itc", "text_queue", in.text_queue);
  if (in.caption.defined()) {
    check_shape("itc", "caption", in.caption, {shape[0]});
    if (queued) check_shape("itc", "queue_caption", in.queue_caption, {in.image_queue.size(0)});
  }
}

}  // namespace

ItcResult itc(const ItcInputs& in) {
  check(in);
  const int64_t b = in.image.size(0), e = in.image.size(1);
  const int64_t q = in.image_queue.defined() ? in.image_queue.size(0) : 0;
  const auto make = [&](const Shape& shape) {
    return Tensor::empty(shape, in.image.dtype(), in.image.device());
  };
  ItcResult r{make({}), make({b, b + q}), make({b, b + q}), make({b, b + q}), make({b, b + q})};
  Tape* tape = recording({in.image, in.text, in.temp});
  Tensor dimage, dtext, dtemp;
  if (tape) {
    dimage = make({b, e});
    dtext = make({b, e});
    dtemp = make(in.temp.shape());
  }
  count_flops(2 * 4 * b * (b + q) * e + (tape ? 2 * 2 * b * (b + q) * e : 0));
  with_float("itc", in.image.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto data = [](const Tensor& t) { return t.defined() ? t.data<T>() : nullptr; };
    const auto ids = [](const Tensor& t) { return t.defined() ? t.data<int64_t>() : nullptr; };
    MEDLEY_KERNEL(
        itc, in.image.device(),
        kernels::Itc<T>{
            .batch = b,
            .queue = q,
            .n = e,
            .image = data(in.image),
            .text = data(in.text),
            .image_momentum = data(in.image_momentum),
            .text_momentum = data(in.text_momentum),
            .image_queue = data(in.image_queue),
            .text_queue = data(in.text_queue),
            .caption = ids(in.caption),
            .queue_caption = in.caption.defined() && q > 0 ? ids(in.queue_caption) : nullptr,
            .temp = data(in.temp),
            .alpha = in.alpha,
            .sim_i2t = data(r.sim_i2t),
            .sim_t2i = data(r.sim_t2i),
            .target_i2t = data(r.target_i2t),
            .target_t2i = data(r.target_t2i),
            .loss = data(r.loss),
            .dimage = data(dimage),
            .dtext = data(dtext),
            .dtemp = data(dtemp)});
  });
  if (tape) {
    auto node = std::make_unique<ItcNode>();
    node->dimage = dimage;
    node->dtext = dtext;
    node->dtemp = dtemp;
    tape->record(std::move(node), {in.image, in.text, in.temp}, {&r.loss});
  }
  return r;
}

}  // namespace medley::autograd
