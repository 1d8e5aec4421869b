#include "kernels/patch_embed.h"

#include "kernels/reference/patch_embed.h"

namespace medley::kernels::cpu {

void patch_embed_forward(const PatchEmbedForward<float>& args) { reference::patch_embed_forward(args); }
void patch_embed_forward(const PatchEmbedForward<double>& args) { reference::patch_embed_forward(args); }
void patch_embed_backward(const PatchEmbedBackward<float>& args) { reference::patch_embed_backward(args); }
void patch_embed_backward(const PatchEmbedBackward<double>& args) { reference::patch_embed_backward(args); }

}  // namespace medley::kernels::cpu
