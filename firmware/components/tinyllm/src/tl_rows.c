#include "tl_rows.h"

#include <stddef.h>
#include <string.h>

#include "tl_bits.h"
#include "tl_error.h"
#include "tl_kernels.h"
#include "tl_rows_kernels.h"

static tl_row_kernel *kernel_of(enum tl_format format)
{
    switch (format) {
    case TL_INT8: return tl_row_int8;
    case TL_INT8_ROW: return tl_row_int8_offset;
    case TL_INT4: return tl_row_int4;
    case TL_INT2: return tl_row_int2;
    case TL_TERNARY: return tl_row_ternary;
    case TL_TERNARY_2BIT: return tl_row_ternary_2bit;
    default: return tl_row_binary;
    }
}

static bool is_grouped(enum tl_format format)
{
    return format == TL_INT4 || format == TL_INT2;
}

static uint32_t groups_of(const struct tl_rows *rows)
{
    return rows->cols / TL_GROUP + (rows->cols % TL_GROUP != 0);
}

/** Where row `index` begins. */
static const unsigned char *row_at(const struct tl_rows *rows, uint32_t index)
{
    return rows->data + (size_t)index * rows->row_bytes;
}

static struct tl_row split(const struct tl_rows *rows, uint32_t index)
{
    const unsigned char *data = row_at(rows, index);
    if (rows->format == TL_INT8) return (struct tl_row){data, NULL};
    if (!is_grouped(rows->format)) return (struct tl_row){data + 4, NULL};
    const uint32_t scale_bytes = (2 * groups_of(rows) + 3) & ~3u;
    return (struct tl_row){data + scale_bytes, (const uint16_t *)(const void *)data};
}

/** The scale of all of a row, in the formats that have one. */
static float row_scale(const struct tl_rows *rows, uint32_t index)
{
    float scale;
    if (rows->format == TL_INT8) return rows->scale;
    memcpy(&scale, row_at(rows, index), sizeof scale);
    return scale;
}

static bool is_finite(float value)
{
    return (tl_bits_of(value) & 0x7f800000u) != 0x7f800000u;
}

static bool scales_are_finite(const struct tl_rows *rows, uint32_t index)
{
    if (!is_grouped(rows->format)) return is_finite(row_scale(rows, index));
    const struct tl_row row = split(rows, index);
    for (uint32_t group = 0; group < groups_of(rows); group++) {
        if (!is_finite(tl_bfloat16_value(row.group_scales[group]))) return false;
    }
    return true;
}

/* A scale that is not finite always shows in a product that is not; a product may also overflow by itself. */
static int multiply_integer(float *out, const struct tl_rows *rows, const struct tl_vector *in)
{
    tl_row_kernel *const kernel = kernel_of(rows->format);
    const bool grouped = is_grouped(rows->format);
    for (uint32_t index = 0; index < rows->count; index++) {
        const struct tl_row row = split(rows, index);
        float t = kernel(&row, in);
        if (!grouped) t = t * row_scale(rows, index);
        if (!is_finite(t) && !scales_are_finite(rows, index)) return TL_ERR_BAD_WEIGHTS;
        out[index] = t * in->scale;
    }
    return TL_OK;
}

static int multiply_halves(float *out, const struct tl_rows *rows, const float *x)
{
    for (uint32_t index = 0; index < rows->count; index++) {
        const uint16_t *weights = (const uint16_t *)(const void *)row_at(rows, index);
        if (rows->format == TL_FLOAT16) out[index] = tl_dot_float16(weights, x, rows->cols);
        else out[index] = tl_dot_bfloat16(weights, x, rows->cols);
    }
    return TL_OK;
}

int tl_rows_multiply(float *out, const struct tl_rows *rows, const struct tl_vector *in)
{
    if (tl_format_is_integer(rows->format)) return multiply_integer(out, rows, in);
    if (rows->format != TL_FLOAT32) return multiply_halves(out, rows, in->values);
    tl_matvec(out, (const float *)(const void *)rows->data, in->values, rows->count, rows->cols);
    return TL_OK;
}

static void widen_integer(float *out, const struct tl_rows *rows)
{
    const struct tl_row row = split(rows, 0);
    float scale = is_grouped(rows->format) ? 0.0f : row_scale(rows, 0);
    for (uint32_t i = 0; i < rows->cols; i++) {
        if (row.group_scales) scale = tl_bfloat16_value(row.group_scales[i / TL_GROUP]);
        out[i] = (float)tl_code_at(rows->format, row.weights, i) * scale;
    }
}

static void widen_halves(float *out, const struct tl_rows *rows)
{
    const uint16_t *weights = (const uint16_t *)(const void *)rows->data;
    const bool half = rows->format == TL_FLOAT16;
    for (uint32_t i = 0; i < rows->cols; i++) out[i] = half ? tl_float16_value(weights[i]) : tl_bfloat16_value(weights[i]);
}

int tl_rows_widen(float *out, const struct tl_rows *rows)
{
    if (rows->format == TL_FLOAT32) {
        memcpy(out, rows->data, (size_t)rows->cols * 4);
    } else if (!tl_format_is_integer(rows->format)) {
        widen_halves(out, rows);
    } else {
        if (!scales_are_finite(rows, 0)) return TL_ERR_BAD_WEIGHTS;
        widen_integer(out, rows);
    }
    return TL_OK;
}
