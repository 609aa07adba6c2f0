#ifndef TL_FORMAT_H
#define TL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_hal.h"

/** How a matrix is stored: firmware/FORMATS.md "Weight formats". */
enum tl_format {
    TL_FLOAT32,
    TL_FLOAT16,
    TL_BFLOAT16,
    TL_INT8,     /* one scale a tensor and layer, in quantization_scales.json */
    TL_INT8_ROW,
    TL_INT4,
    TL_INT2,
    TL_TERNARY,  /* five weights a byte */
    TL_TERNARY_2BIT,
    TL_BINARY,
    TL_FORMAT_COUNT
};

/** Elements that share a scale in the grouped formats, and a stored sum in tl_vector. */
#define TL_GROUP 32u

/** Elements whose products are summed as integers before a float sees them, in the row-scaled formats. */
#define TL_SPAN 256u

/** The name in model_config.json, such as "int8_row". */
const char *tl_format_name(enum tl_format format);

/** Finds a format by its name, `length` characters long. */
bool tl_format_parse(const char *name, uint32_t length, enum tl_format *format);

/** Bytes of one row of `cols` weights, on the card and in memory. */
uint64_t tl_format_row_bytes(enum tl_format format, uint32_t cols);

/** Whether products with it take quantized activations. */
bool tl_format_is_integer(enum tl_format format);

/** What its dot products are charged as. */
enum tl_kernel tl_format_kernel(enum tl_format format);

#endif
