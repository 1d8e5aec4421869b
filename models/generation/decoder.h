// The decoder over texts that grow together, some tokens at a time: keys and values of earlier
// tokens are kept, and those of what it reads besides (an image, a question) are projected once and
// shared by all texts that read it.
#pragma once

#include <vector>

#include "models/text/med.h"

namespace medley::models {

// What cross-attention reads: text slots i * texts .. (i + 1) * texts - 1 read sequence i.
struct Memory {
  Tensor rows;  // [rows, C of its encoder]
  autograd::Sequences sequences;
  int64_t count() const { return sequences.count(); }
};

class StepDecoder {
 public:
  // texts: slots per memory. At most max_length tokens a text.
  StepDecoder(const Med& med, const Memory& memory, int64_t texts, int64_t max_length,
              int64_t width);

  // Feeds tokens [slots * n], n for each of these slots, and gives the scores of the token after
  // them: [slots, V]. Slots that are left out once are finished.
  Tensor feed(const std::vector<int32_t>& slots, const std::vector<int32_t>& tokens);

  // The text of slot from[i] becomes that of slot to[i], all at once.
  void move(const std::vector<int32_t>& from, const std::vector<int32_t>& to);

 private:
  struct Layer {
    Tensor memory;  // [memory rows, 2 C], columns key, value
    Tensor cache;   // [slots * max_length, 2 C], token t of slot s in row s * max_length + t
    Tensor spare;   // the other one, for moves; undefined before the first
  };
  void store(const Tensor& qkv, const std::vector<int32_t>& slots, int64_t n, Tensor& cache) const;

  const Med& med_;
  autograd::Sequences memory_;
  int64_t texts_, slots_, max_length_, width_, length_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace medley::models
