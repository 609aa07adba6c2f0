#include "tl_rows_kernels.h"
#include "tl_trits.h"

/** The next weight of a row: a digit of a byte. */
struct walk {
    const unsigned char *byte;
    uint32_t digit; /* 0 .. 4 */
};

static inline int32_t product(uint32_t code, int16_t a)
{
    return (int32_t)(code & 3u) * a;
}

/** Digits one by one, within a byte: spans of 256 end in the midst of one. */
static int32_t dot_few(struct walk *walk, const int16_t *a, uint32_t n)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += product((uint32_t)tl_trits[*walk->byte] >> (2 * walk->digit), a[i]);
        if (++walk->digit < 5) continue;
        walk->digit = 0;
        walk->byte++;
    }
    return sum;
}

static inline int32_t dot_byte(uint32_t codes, const int16_t *a)
{
    int32_t sum = product(codes, a[0]);
    sum += product(codes >> 2, a[1]);
    sum += product(codes >> 4, a[2]);
    sum += product(codes >> 6, a[3]);
    sum += product(codes >> 8, a[4]);
    return sum;
}

/*
 * On the LX6 a byte costs l8ui, addx2, l16ui for its digits, 5 extui, 5 l16si, 5 mull, 5 add and 2 pointer steps: 5.0 instructions
 * a MAC (counted: 6.0). Dividing by 3 instead of the table would cost four more each. A table of activations was counted at 1.02, once it is made.
 */
static int32_t dot_span(struct walk *walk, const int16_t *a, uint32_t n)
{
    const uint32_t begun = walk->digit == 0 ? 0 : 5 - walk->digit;
    const uint32_t first = begun < n ? begun : n;
    int32_t sum = dot_few(walk, a, first);
    const unsigned char *byte = walk->byte;
    for (n -= first, a += first; n >= 5; n -= 5, a += 5) sum += dot_byte(tl_trits[*byte++], a);
    walk->byte = byte;
    return sum + dot_few(walk, a, n);
}

float tl_row_ternary(const struct tl_row *row, const struct tl_vector *in)
{
    struct walk walk = {row->weights, 0};
    float t = 0.0f;
    for (uint32_t first = 0; first < in->n; first += TL_SPAN) {
        const int32_t products = dot_span(&walk, in->codes + first, tl_part(in, first, TL_SPAN));
        t = t + (float)(products - tl_span_sum(in, first));
    }
    return t;
}
