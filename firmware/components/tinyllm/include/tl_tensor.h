#ifndef TL_TENSOR_H
#define TL_TENSOR_H

/** The weight files of a card folder, in the order in which they are opened. */
enum tl_tensor {
    TL_EMBED,      /* (vocab, hidden) */
    TL_NORM1,      /* (layers, hidden) */
    TL_Q,          /* (layers, heads * head_dim, hidden) */
    TL_K,          /* (layers, kv_heads * head_dim, hidden) */
    TL_V,          /* (layers, kv_heads * head_dim, hidden) */
    TL_O,          /* (layers, hidden, heads * head_dim) */
    TL_NORM2,      /* (layers, hidden) */
    TL_GATE,       /* (layers, ffn, hidden) */
    TL_UP,         /* (layers, ffn, hidden) */
    TL_DOWN,       /* (layers, hidden, ffn) */
    TL_FINAL_NORM, /* (hidden) */
    TL_HEAD,       /* (vocab, hidden); not opened when the head is tied */
    TL_TENSOR_COUNT
};

/** The file's name, such as "q_proj.bin". */
const char *tl_tensor_file(enum tl_tensor tensor);

/** The file's name without its ending, as quantization_scales.json has it for a key. */
const char *tl_tensor_key(enum tl_tensor tensor);

/** The key of model_config.json that says the tensor's own format; NULL for norms, which have none. */
const char *tl_tensor_format_key(enum tl_tensor tensor);

#endif
