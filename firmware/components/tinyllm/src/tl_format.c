#include "tl_format.h"

#include <string.h>

static const struct {
    const char *name;
    enum tl_kernel kernel;
} formats[TL_FORMAT_COUNT] = {
    [TL_FLOAT32] = {"float32", TL_KERNEL_DOT},
    [TL_FLOAT16] = {"float16", TL_KERNEL_DOT_FLOAT16},
    [TL_BFLOAT16] = {"bfloat16", TL_KERNEL_DOT_BFLOAT16},
    [TL_INT8] = {"int8", TL_KERNEL_DOT_INT8},
    [TL_INT8_ROW] = {"int8_row", TL_KERNEL_DOT_INT8},
    [TL_INT4] = {"int4", TL_KERNEL_DOT_INT4},
    [TL_INT2] = {"int2", TL_KERNEL_DOT_INT2},
    [TL_TERNARY] = {"ternary", TL_KERNEL_DOT_TERNARY},
    [TL_TERNARY_2BIT] = {"ternary_2bit", TL_KERNEL_DOT_TERNARY_2BIT},
    [TL_BINARY] = {"binary", TL_KERNEL_DOT_BINARY},
};

const char *tl_format_name(enum tl_format format)
{
    return formats[format].name;
}

bool tl_format_parse(const char *name, uint32_t length, enum tl_format *format)
{
    for (int i = 0; i < TL_FORMAT_COUNT; i++) {
        if (strlen(formats[i].name) != length || memcmp(formats[i].name, name, length) != 0) continue;
        *format = (enum tl_format)i;
        return true;
    }
    return false;
}

static uint64_t pad4(uint64_t bytes)
{
    return (bytes + 3) & ~(uint64_t)3;
}

/** ceil(cols / per) */
static uint64_t pieces(uint32_t cols, uint32_t per)
{
    return ((uint64_t)cols + per - 1) / per;
}

uint64_t tl_format_row_bytes(enum tl_format format, uint32_t cols)
{
    const uint64_t group_scales = pad4(2 * pieces(cols, TL_GROUP));
    switch (format) {
    case TL_FLOAT32: return 4ull * cols;
    case TL_FLOAT16:
    case TL_BFLOAT16: return 2ull * cols;
    case TL_INT8: return cols;
    case TL_INT8_ROW: return 4 + pad4(cols);
    case TL_INT4: return group_scales + pad4(pieces(cols, 2));
    case TL_INT2: return group_scales + pad4(pieces(cols, 4));
    case TL_TERNARY: return 4 + pad4(pieces(cols, 5));
    case TL_TERNARY_2BIT: return 4 + pad4(pieces(cols, 4));
    default: return 4 + pad4(pieces(cols, 8));
    }
}

bool tl_format_is_integer(enum tl_format format)
{
    return format >= TL_INT8;
}

enum tl_kernel tl_format_kernel(enum tl_format format)
{
    return formats[format].kernel;
}
