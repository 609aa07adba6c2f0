#include "tl_decimal.h"

#include <string.h>

#define MAX_DIGITS 19

/* Exponents beyond these are refused; with 64 bits of digits and 128 of head room every value fits the limbs. */
#define MAX_EXPONENT 45
#define MIN_EXPONENT (-64)
#define LIMBS 12

/** digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int32_t exponent;
    bool negative;
};

/** An unsigned integer, lowest limb first; `inexact` when a division left something over. */
struct wide {
    uint32_t limb[LIMBS];
    bool inexact;
};

static bool read_mantissa(const char **at, const char *end, struct decimal *d)
{
    uint32_t significant = 0;
    bool fraction = false;
    for (; *at < end && **at != 'e' && **at != 'E'; ++*at) {
        if (**at == '.') {
            fraction = true;
            continue;
        }
        if ((d->digits != 0 || **at != '0') && ++significant > MAX_DIGITS) return false;
        d->digits = d->digits * 10 + (uint64_t)(**at - '0');
        d->exponent -= fraction;
    }
    return true;
}

static bool read_exponent(const char *at, const char *end, struct decimal *d)
{
    if (at == end) return true;
    at++;
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    int32_t exponent = 0;
    for (; at < end; at++) {
        exponent = exponent * 10 + (*at - '0');
        if (exponent > 1000) return false;
    }
    d->exponent += negative ? -exponent : exponent;
    return true;
}

static void multiply(struct wide *w, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)w->limb[i] * factor;
        w->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static void divide(struct wide *w, uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        rest = (rest << 32) | w->limb[i];
        w->limb[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    if (rest != 0) w->inexact = true;
}

static uint32_t bit_length(const struct wide *w)
{
    for (int i = LIMBS - 1; i >= 0; i--) {
        if (w->limb[i] == 0) continue;
        uint32_t bits = 0;
        for (uint32_t limb = w->limb[i]; limb != 0; limb >>= 1) bits++;
        return (uint32_t)i * 32 + bits;
    }
    return 0;
}

static bool bit(const struct wide *w, uint32_t index)
{
    return (w->limb[index / 32] >> (index % 32)) & 1u;
}

/** value / 2^shift as the nearest double; the value is not 0. */
static double round_to_double(const struct wide *w, int32_t shift)
{
    const uint32_t length = bit_length(w);
    const uint32_t dropped = length > 53 ? length - 53 : 0;
    uint64_t mantissa = 0;
    for (uint32_t i = length; i > dropped; i--) mantissa = (mantissa << 1) | bit(w, i - 1);
    if (dropped > 0 && bit(w, dropped - 1)) {
        bool above_half = w->inexact || (mantissa & 1u);
        for (uint32_t i = 0; !above_half && i + 1 < dropped; i++) above_half = bit(w, i);
        mantissa += above_half;
    }
    double value = (double)mantissa;
    for (int32_t e = (int32_t)dropped - shift; e > 0; e--) value *= 2.0;
    for (int32_t e = (int32_t)dropped - shift; e < 0; e++) value *= 0.5;
    return value;
}

bool tl_decimal_to_double(const char *text, uint32_t length, double *out)
{
    const char *at = text;
    const char *end = text + length;
    struct decimal d = {0, 0, false};
    if (at < end && *at == '-') {
        d.negative = true;
        at++;
    }
    if (!read_mantissa(&at, end, &d) || !read_exponent(at, end, &d)) return false;
    *out = d.negative ? -0.0 : 0.0;
    if (d.digits == 0) return true;
    if (d.exponent < MIN_EXPONENT || d.exponent > MAX_EXPONENT) return false;

    /* 256 more bits below the point, so that a division by up to 10^64 (213 bits) still leaves more than 53. */
    const int32_t shift = d.exponent < 0 ? 256 : 0;
    struct wide w;
    memset(&w, 0, sizeof w);
    w.limb[shift / 32] = (uint32_t)d.digits;
    w.limb[shift / 32 + 1] = (uint32_t)(d.digits >> 32);
    for (int32_t e = d.exponent; e > 0; e--) multiply(&w, 10);
    for (int32_t e = d.exponent; e < 0; e++) divide(&w, 10);
    if (bit_length(&w) < 54 && w.inexact) return false;
    const double value = round_to_double(&w, shift);
    *out = d.negative ? -value : value;
    return true;
}
