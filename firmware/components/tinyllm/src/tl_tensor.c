#include "tl_tensor.h"

#include <stddef.h>

static const struct {
    const char *file;
    const char *key;
    const char *format_key;
} names[TL_TENSOR_COUNT] = {
    [TL_EMBED] = {"embed_tokens.bin", "embed_tokens", "embed_tokens_format"},
    [TL_NORM1] = {"norm1.bin", "norm1", NULL},
    [TL_Q] = {"q_proj.bin", "q_proj", "q_proj_format"},
    [TL_K] = {"k_proj.bin", "k_proj", "k_proj_format"},
    [TL_V] = {"v_proj.bin", "v_proj", "v_proj_format"},
    [TL_O] = {"o_proj.bin", "o_proj", "o_proj_format"},
    [TL_NORM2] = {"norm2.bin", "norm2", NULL},
    [TL_GATE] = {"gate_proj.bin", "gate_proj", "gate_proj_format"},
    [TL_UP] = {"up_proj.bin", "up_proj", "up_proj_format"},
    [TL_DOWN] = {"down_proj.bin", "down_proj", "down_proj_format"},
    [TL_FINAL_NORM] = {"final_norm.bin", "final_norm", NULL},
    [TL_HEAD] = {"lm_head.bin", "lm_head", "lm_head_format"},
};

const char *tl_tensor_file(enum tl_tensor tensor)
{
    return names[tensor].file;
}

const char *tl_tensor_key(enum tl_tensor tensor)
{
    return names[tensor].key;
}

const char *tl_tensor_format_key(enum tl_tensor tensor)
{
    return names[tensor].format_key;
}
