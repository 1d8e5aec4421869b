// The shapes that attention is tested and measured on. `attention_cases` are the awkward ones;
// `attention_workloads` are what BLIP runs, named by family, and are tested too, cut down to one
// head.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace medley::cases {

struct AttentionCase {
  std::string name;
  std::vector<int32_t> q_lengths, k_lengths;
  std::vector<int32_t> kv_index;  // empty: null
  int64_t heads = 1, head_dim = 1;
  bool causal = false;
  float dropout = 0;
  // Every logit moves by about this, up or down by row: the softmax stays, the rounding does not.
  float logit_shift = 0;
};

// Floating-point operations of forward: two products over the visible scores. Backward has
// five: 2.5 times as many.
inline double attention_flops(const AttentionCase& c) {
  double scores = 0;
  for (size_t i = 0; i < c.q_lengths.size(); ++i) {
    const int64_t lq = c.q_lengths[i];
    const int64_t lk = c.k_lengths[c.kv_index.empty() ? i : static_cast<size_t>(c.kv_index[i])];
    for (int64_t r = 0; r < lq; ++r)
      scores += static_cast<double>(c.causal ? std::clamp<int64_t>(r + 1 + lk - lq, 0, lk) : lk);
  }
  return 4 * scores * static_cast<double>(c.heads * c.head_dim);
}

// Bytes that must move when everything is read or written once: forward q, k, v, o; backward these
// and their gradients; lse either way. Activations have element_size bytes, lse 4.
inline double attention_bytes(const AttentionCase& c, int64_t element_size, bool backward) {
  double q_rows = 0, k_rows = 0;
  for (const int32_t n : c.q_lengths) q_rows += n;
  for (const int32_t n : c.k_lengths) k_rows += n;
  const double matrices = (q_rows + k_rows) * (backward ? 4 : 2);
  return matrices * static_cast<double>(c.heads * c.head_dim * element_size) +
         4 * q_rows * static_cast<double>(c.heads);
}

inline std::vector<int32_t> repeated(size_t count, int32_t length) {
  return std::vector<int32_t>(count, length);
}
// n query blocks that take the key blocks in turn: 0 1 2 .. 0 1 2 ..
inline std::vector<int32_t> in_turn(size_t n, int32_t kv_blocks) {
  std::vector<int32_t> index(n);
  for (size_t i = 0; i < n; ++i)
    index[i] = static_cast<int32_t>(i % static_cast<size_t>(kv_blocks));
  return index;
}
inline std::vector<int32_t> text_lengths(size_t count) {  // 5 .. 9 tokens, like short captions
  std::vector<int32_t> lengths(count);
  for (size_t i = 0; i < count; ++i) lengths[i] = static_cast<int32_t>(5 + i * 7 % 5);
  return lengths;
}

inline std::vector<AttentionCase> attention_workloads() {
  return {
      {"bidirectional/vit_b_224", repeated(4, 197), repeated(4, 197), {}, 12, 64},
      {"bidirectional/vit_b_384", {577}, {577}, {}, 12, 64},
      {"bidirectional/scenes_48", repeated(64, 37), repeated(64, 37), {}, 3, 32},
      {"bidirectional/picturebook_64", repeated(32, 17), repeated(32, 17), {}, 3, 32},
      {"causal/caption_30", repeated(4, 30), repeated(4, 30), {}, 12, 64, true},
      {"causal/long_577", {577}, {577}, {}, 12, 64, true},
      {"ragged/scenes_texts", text_lengths(64), text_lengths(64), {}, 3, 32},
      {"ragged/scenes_texts_causal", text_lengths(64), text_lengths(64), {}, 3, 32, true},
      {"cross/caption_30x197", repeated(4, 30), repeated(4, 197), {}, 12, 64},
      {"kv_index/scenes_4_texts", text_lengths(256), repeated(64, 37), in_turn(256, 64), 3, 32},
      {"kv_index/vit_b_4_texts", repeated(16, 30), repeated(4, 197), in_turn(16, 4), 12, 64},
      {"dropout/scenes_48", repeated(64, 37), repeated(64, 37), {}, 3, 32, false, 0.1f},
      {"dropout/vit_b_224", repeated(4, 197), repeated(4, 197), {}, 12, 64, false, 0.1f},
  };
}

// The same shape with one head and the first few key blocks, small enough for the double reference.
inline AttentionCase cut_down(AttentionCase c) {
  constexpr size_t kKeyBlocks = 2;
  c.heads = 1;
  if (c.kv_index.empty()) {
    c.q_lengths.resize(std::min(c.q_lengths.size(), kKeyBlocks));
    c.k_lengths.resize(c.q_lengths.size());
    return c;
  }
  c.k_lengths.resize(kKeyBlocks);
  c.q_lengths.resize(5);
  c.kv_index = in_turn(5, static_cast<int32_t>(kKeyBlocks));
  return c;
}

inline std::vector<AttentionCase> attention_cases() {
  std::vector<AttentionCase> cases = {
      {"one element", {1}, {1}, {}, 1, 1},
      {"one key", {3}, {1}, {}, 2, 5},
      {"one query", {1}, {50}, {}, 2, 32},
      {"primes", {13}, {29}, {}, 3, 7},
      {"head dim 96", {11}, {33}, {}, 1, 96},
      {"head dim 20", {19}, {21}, {}, 2, 20},
      {"head dim 3", {17, 3}, {17, 3}, {}, 2, 3, true},
      {"two tiles and one row", {97}, {65}, {}, 1, 16},
      {"keys beyond a power of two", {5}, {1025}, {}, 1, 8},
      {"keys in half tiles", {50}, {1100}, {}, 1, 16, true},
      {"causal square", {31}, {31}, {}, 2, 32, true},
      {"causal, more keys than queries", {7}, {40}, {}, 2, 16, true},
      {"causal, fewer keys than queries", {40}, {7}, {}, 2, 16, true},
      {"causal, one query", {1}, {30}, {}, 2, 64, true},
      {"ragged with empty blocks", {5, 0, 3, 1, 0}, {5, 4, 3, 0, 0}, {}, 2, 8},
      {"ragged causal with empty blocks", {5, 0, 3, 9, 2}, {5, 4, 0, 9, 1}, {}, 2, 8, true},
      {"kv_index out of order, repeated, unused",
       {4, 7, 2, 60, 5, 1},
       {37, 9, 11, 0, 6},
       {4, 0, 0, 4, 1, 3},
       3,
       32},
      {"kv_index causal", {4, 7, 2, 6}, {8, 5}, {1, 0, 0, 1}, 2, 16, true},
      {"dropout", {45, 6}, {37, 50}, {}, 3, 32, false, 0.3f},
      {"dropout causal kv_index", {9, 21, 4, 30}, {25, 30}, {1, 0, 0, 1}, 2, 16, true, 0.5f},
      {"logits near 120", {37}, {37}, {}, 2, 32, false, 0, 120},
      {"logits near 120, causal", {40}, {40}, {}, 2, 64, true, 0, 120},
  };
  for (int32_t n :
       {2, 3, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129})
    cases.push_back({"length " + std::to_string(n), {n}, {n}, {}, 1, 32, n % 2 == 0});
  for (const AttentionCase& workload : attention_workloads()) cases.push_back(cut_down(workload));
  return cases;
}

// What models run, and what is hard about it, with a head dim that fast kernels take.
inline std::vector<AttentionCase> attention_cases_of(int64_t d) {
  return {
      {"cross", {40, 3}, {197, 70}, {}, 2, d},
      {"cross to a long picture", {40}, {577}, {}, 1, d},
      {"cross, 4 texts a picture", {7, 30, 1, 20}, {65, 130}, {1, 0, 1, 1}, 2, d},
      {"nobody attends to a key block", {7, 30}, {20, 40, 33}, {2, 0}, 2, d},
      {"ragged with empty blocks", {5, 0, 33, 1, 0}, {5, 40, 48, 0, 0}, {}, 3, d},
      {"ragged causal with empty blocks", {5, 0, 3, 40, 2}, {5, 4, 0, 48, 1}, {}, 3, d, true},
      {"causal, fewer keys than queries", {70}, {20}, {}, 1, d, true},
      {"causal, more keys than queries", {20}, {150}, {}, 2, d, true},
      {"dropout", {45, 6}, {37, 48}, {}, 3, d, false, 0.3f},
      {"ragged dropout with empty blocks", {5, 0, 33, 1}, {7, 40, 50, 0}, {}, 2, d, false, 0.2f},
      {"dropout, two steps of keys", {37, 50}, {150, 99}, {1, 0}, 1, d, false, 0.1f},
      {"dropout causal kv_index", {9, 21, 4, 30}, {25, 30}, {1, 0, 0, 1}, 2, d, true, 0.5f},
      {"logits near 120", {37}, {67}, {}, 2, d, false, 0, 120},
      {"logits near 120, causal", {40}, {40}, {}, 2, d, true, 0, 120},
      {"logits near 120, a picture", {197}, {197}, {}, 1, d, false, 0, 120},
      {"logits near 120, a long picture", {33}, {577}, {}, 1, d, true, 0, 120},
  };
}

}  // namespace medley::cases
