// f32: the similarities and the gradients of the queries are matrix products, the rows in between
// are vectorised.
#include "kernels/itc.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "core/threads.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/scratch.h"
#include "kernels/linear.h"
#include "kernels/reference/itc.h"

namespace medley::kernels::cpu {
namespace {

struct ItcRow {
  float loss = 0;
  float dsim_sim = 0;  // dsim . sim: temp times this row's part of -dtemp
};

// Keys with the caption of row b; without caption ids, key b alone.
template <class Visit>
void for_each_positive(const Itc<float>& args, int64_t b, const Visit& visit) {
  if (args.caption == nullptr) return visit(b);
  for (int64_t k = 0; k < args.batch; ++k)
    if (args.caption[k] == args.caption[b]) visit(k);
  for (int64_t k = 0; k < args.queue; ++k)
    if (args.queue_caption[k] == args.caption[b]) visit(args.batch + k);
}

int64_t count_positives(const Itc<float>& args, int64_t b) {
  int64_t count = 0;
  for_each_positive(args, b, [&](int64_t) { ++count; });
  return count;
}

}  // namespace
}  // namespace medley::kernels::cpu

#define MEDLEY_ISA_BODY "kernels/cpu/itc.inc"
#include "kernels/cpu/for_each_isa.h"

namespace medley::kernels::cpu {
namespace {

ItcRow row_of(const Itc<float>& args, int64_t b, const float* sim, float* target, float* dsim) {
  MEDLEY_ISA_CALL(itc_row, args, b, sim, target, dsim);
  return {};
}

// out[B, K] = queries . keys / temp: the keys of this batch, then the queue's.
void similarities(const Itc<float>& args, const float* queries, const float* keys,
                  const float* queue, float* out) {
  const int64_t b = args.batch, total = b + args.queue;
  const float inverse = 1 / *args.temp;
  Gemm<float> product{.m = b,
                      .n = b,
                      .k = args.n,
                      .a = queries,
                      .a_row = args.n,
                      .b = keys,
                      .b_row = 1,
                      .b_col = args.n,
                      .c = out,
                      .ldc = total};
  gemm(product);
  product.n = args.queue;
  product.b = queue;
  product.c = out + b;
  gemm(product);
  parallel_for(b, 1 + 65536 / total, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * total; i < end * total; ++i) out[i] *= inverse;
  });
}

// dquery = dsim . keys / temp.
void query_gradients(const Itc<float>& args, const float* dsim, const float* keys,
                     const float* queue, float* dquery) {
  const int64_t b = args.batch, total = b + args.queue;
  Gemm<float> product{.m = b,
                      .n = args.n,
                      .k = b,
                      .a = dsim,
                      .a_row = total,
                      .b = keys,
                      .b_row = args.n,
                      .b_col = 1,
                      .c = dquery,
                      .ldc = args.n};
  gemm(product);
  product.k = args.queue;
  product.a = dsim + b;
  product.b = queue;
  product.accumulate = true;
  if (args.queue > 0) gemm(product);
  const float inverse = 1 / *args.temp;
  for (int64_t i = 0; i < b * args.n; ++i) dquery[i] *= inverse;
}

// Both directions together, in f64: the sums are as exact as their parts.
struct ItcSums {
  double loss = 0, dsim_sim = 0;
};

struct Direction {
  const float *query, *query_momentum, *keys, *queue;
  float *sim, *target, *dquery;
};

void run(const Itc<float>& args, const Direction& d, std::vector<ItcRow>& rows, ItcSums& sums) {
  const int64_t b = args.batch, total = b + args.queue;
  similarities(args, d.query, d.keys, d.queue, d.sim);
  similarities(args, d.query_momentum, d.keys, d.queue, d.target);
  float* dsim = d.dquery ? scratch(Scratch::staging, b * total) : nullptr;
  parallel_for(b, 1 + 8192 / total, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      rows[static_cast<size_t>(r)] = row_of(args, r, d.sim + r * total, d.target + r * total,
                                            dsim ? dsim + r * total : nullptr);
  });
  if (d.dquery) query_gradients(args, dsim, d.keys, d.queue, d.dquery);
  for (const ItcRow& row : rows) {  // in order: the same bits for any number of threads
    sums.loss += static_cast<double>(row.loss);
    sums.dsim_sim += static_cast<double>(row.dsim_sim);
  }
}

}  // namespace

void itc(const Itc<float>& args) {
  ItcSums sums;
  std::vector<ItcRow> rows(static_cast<size_t>(args.batch));
  run(args,
      {args.image, args.image_momentum, args.text_momentum, args.text_queue, args.sim_i2t,
       args.target_i2t, args.dimage},
      rows, sums);
  run(args,
      {args.text, args.text_momentum, args.image_momentum, args.image_queue, args.sim_t2i,
       args.target_t2i, args.dtext},
      rows, sums);
  *args.loss = static_cast<float>(sums.loss);
  if (args.dtemp)
    *args.dtemp = static_cast<float>(-sums.dsim_sim / static_cast<double>(*args.temp));
}

void itc(const Itc<double>& args) { reference::itc(args); }

}  // namespace medley::kernels::cpu
