#ifndef TL_CONFIG_H
#define TL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_error.h"
#include "tl_format.h"
#include "tl_tensor.h"

#define TL_MAX_EOS 8

/** Longest model_config.json that is read. */
#define TL_CONFIG_MAX_BYTES 4096

/** Positions beyond this are outside the range of tl_sincos(). */
#define TL_MAX_CONTEXT 8192

/** A model's shape: the keys of model_config.json (firmware/FORMATS.md), validated. */
struct tl_config {
    uint32_t hidden;
    uint32_t ffn;
    uint32_t layers;
    uint32_t heads;
    uint32_t kv_heads;    /* divides heads */
    uint32_t head_dim;    /* even */
    uint32_t vocab;
    uint32_t max_context; /* positions the model was made for */
    float norm_eps;       /* > 0, normal */
    double rope_theta;    /* >= 1 */
    bool tied_head;       /* the head reads embed_tokens.bin */
    enum tl_format format[TL_TENSOR_COUNT]; /* norms: TL_FLOAT32; a tied head: that of TL_EMBED */
    uint32_t bos;
    uint32_t eos[TL_MAX_EOS];
    uint32_t eos_count;   /* at least 1 */
};

/** How a tensor is laid out: `layers` times `rows` rows of `cols` weights. A norm is one row. */
struct tl_shape {
    uint32_t layers;
    uint32_t rows;
    uint32_t cols;
};

struct tl_shape tl_tensor_shape(const struct tl_config *config, enum tl_tensor tensor);

/** The tensor that the head reads: TL_EMBED when it is tied. */
enum tl_tensor tl_config_head(const struct tl_config *config);

/** How many scales quantization_scales.json must give: one a layer of every tensor in TL_INT8. */
uint32_t tl_config_scale_count(const struct tl_config *config);

/** The length of the longest vector that meets a matrix of an integer format; 0 when none does. */
uint32_t tl_config_code_count(const struct tl_config *config);

/** Reads and checks model_config.json. TL_OK, or TL_ERR_BAD_CONFIG with the key and the reason. */
int tl_config_parse(const char *json, uint32_t length, struct tl_config *config, struct tl_fault *fault);

#endif
