#include "tl_rows.h"

#include <string.h>

#include "tl_error.h"
#include "tl_kernels.h"

int tl_rows_multiply(float *out, const struct tl_rows *rows, const struct tl_vector *in)
{
    if (rows->format != TL_FLOAT32) return TL_ERR_BAD_WEIGHTS;
    tl_matvec(out, (const float *)(const void *)rows->data, in->values, rows->count, rows->cols);
    return TL_OK;
}

int tl_rows_widen(float *out, const struct tl_rows *rows)
{
    if (rows->format != TL_FLOAT32) return TL_ERR_BAD_WEIGHTS;
    memcpy(out, rows->data, rows->cols * 4);
    return TL_OK;
}
