#ifndef TL_DECIMAL_H
#define TL_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The binary64 nearest to a decimal number, ties to even, as every correct reader gives it. `text` is a JSON number.
 * Reads at least every value of up to 19 significant digits whose magnitude is 0 or within 1e-45 .. 1e45; false for what
 * it cannot read exactly.
 */
bool tl_decimal_to_double(const char *text, uint32_t length, double *out);

#endif
