#include "kernels/embedding.h"

#include "kernels/reference/embedding.h"

namespace medley::kernels::cpu {

void embedding_forward(const EmbeddingForward<float>& args) { reference::embedding_forward(args); }
void embedding_forward(const EmbeddingForward<double>& args) { reference::embedding_forward(args); }
void embedding_backward(const EmbeddingBackward<float>& args) { reference::embedding_backward(args); }
void embedding_backward(const EmbeddingBackward<double>& args) { reference::embedding_backward(args); }

}  // namespace medley::kernels::cpu
