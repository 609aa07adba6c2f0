#include "tl_screen.h"

#include <float.h>
#include <string.h>

#include "tl_error.h"
#include "tl_math.h"
#include "tl_rows_kernels.h"
#include "tl_screen_row.h"

uint64_t tl_screen_bytes(uint32_t vocab, uint32_t hidden)
{
    return (uint64_t)vocab * (tl_screen_row_bytes(hidden) + 2u * tl_screen_groups(hidden) + tl_screen_ratio_bytes(hidden)) + sizeof(float);
}

/*
 * How the bound's parts are rounded. u = 2^-24: an operation rounds by at most u of its result, downwards too. n =
 * hidden, G = groups, M = largest_norm, A = |a| sa, E = 0.51 sa sqrt(n). Proved below: a row's exact logit, as
 * computed, lies within y -+ (b + slack) as tl_screen_certain() computes them, sums and all.
 *
 * What b + slack has to cover, by FORMATS.md:
 *   B = the sum of error norms times activation norms, in real numbers
 *   M E                          quantizing h (float formats)
 *   (n/4 + 4)' u M (A + E)       rounding of the exact logit; k' u stands for k u / (1 - k u)
 *   (G + 3)' u (M A + B)         rounding of y, since |v| |a| sa <= (M + error) |a| sa
 *   u (|y| + b + slack)          rounding of y + (b + slack) itself, and as much for b + slack; |y| <= M A + B and the above
 * The terms with B are (G + 6)' u B; the others come to less than M (E + (n/4 + G + 9)' u (A + E)), 2 u of slack apart.
 *
 * b: summing it loses at most (G + 3) u, so N_g is made too large by GROW = 1 + (4 G + 64) u, which is more than (1 +
 * (G + 6)' u) / (1 - u)^(G + 3) for every G up to 2^17.
 * slack: the page's n/4 + 2 G + 32 leaves G + 23 counts, more than the difference between k' and k up to n = 2^20. Its
 * own computation takes at most 10 roundings; it is made larger by 32 u afterwards, which leaves 20 u of M E.
 *
 * Underflow: TINY covers n products that vanish in the exact logit (2^-150 each) and t * sa in y. Where an underflow is
 * multiplied by sa afterwards (b, and t * scale of integer formats) it is at most (G + 1) 2^-150 sa, and the spare 20 u
 * M E is more as long as M >= 2^-100: so M is not taken smaller. Vectors below 2^-100 have sa = 0 and codes 0: then all
 * of h is what quantizing lost, and E = 2^-100 sqrt(n).
 * Overflow: the exact logit's own intermediates are at most M (|a| + A + E) and what rounding adds. Where that is
 * beyond HUGE_SUM (or NaN) they may be infinite: the slack is infinite too, no row is dropped, and the whole head shows
 * what is wrong. Where y or b alone overflow, tl_screen_certain() sees it.
 */
#define TINY 0x1p-100f
#define HUGE_SUM 0x1p120f
#define ROUND_UNIT 0x1p-24f

/**
 * At least the square root of a number that x, 0 or normal, is within u of: u/2 for that, u for the product, 3 ulp or 6
 * u for tl_rsqrt(), and one for the rounding at the end, against 16 u that are added.
 */
static float root_above(float x)
{
    return x > 0.0f ? x * tl_rsqrt(x) * (1.0f + 16.0f * ROUND_UNIT) : 0.0f;
}

/** Below it, squares of errors may have vanished from the sum: then, as beyond FLT_MAX, largest_error says nothing. */
#define SMALLEST_SQUARES 0x1p-60f

static int survey(struct tl_screen *screen)
{
    const uint32_t groups = tl_screen_groups(screen->hidden);
    const uint16_t *scales = screen->scales;
    float largest = 0.0f;
    for (uint32_t row = 0; row < screen->vocab; row++) {
        const unsigned char *ratios = tl_screen_ratios_of(screen, row);
        float sum = 0.0f;
        for (uint32_t g = 0; g < groups; g++, scales++) {
            if (!tl_screen_scale_is_good(*scales)) return TL_ERR_BAD_WEIGHTS;
            const float error = tl_screen_eighths(ratios, g) * tl_bfloat16_value(*scales);
            sum = sum + error * error;
        }
        if (sum > largest) largest = sum;
    }
    screen->largest_error = largest >= SMALLEST_SQUARES && largest <= FLT_MAX ? root_above(largest) : tl_infinity();
    return TL_OK;
}

int tl_screen_over(struct tl_screen *screen, const void *data, uint32_t vocab, uint32_t hidden)
{
    const size_t groups = tl_screen_groups(hidden);
    screen->vocab = vocab;
    screen->hidden = hidden;
    screen->codes = data;
    const unsigned char *scales = screen->codes + (size_t)vocab * tl_screen_row_bytes(hidden);
    screen->scales = (const uint16_t *)(const void *)scales;
    screen->ratios = scales + vocab * groups * sizeof(uint16_t);
    memcpy(&screen->largest_norm, tl_screen_ratios_of(screen, vocab), sizeof screen->largest_norm);
    if (!(screen->largest_norm > 0.0f && screen->largest_norm <= FLT_MAX)) return TL_ERR_BAD_WEIGHTS;
    return survey(screen);
}

static uint64_t squares(const int16_t *codes, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += (uint32_t)(codes[i] * codes[i]);
    return sum;
}

static float slack_of(const struct tl_screen *screen, float scale, float norm)
{
    const float n = (float)screen->hidden;
    const float width = root_above((float)screen->hidden);
    const float largest = screen->largest_norm > TINY ? screen->largest_norm : TINY;
    const float counts = 0.25f * n + (float)(2u * tl_screen_groups(screen->hidden) + 32u);
    const float lost = scale == 0.0f ? TINY * width : 0.51f * scale * width;
    const float spread = norm * scale + lost;
    const float slack = largest * (lost + counts * ROUND_UNIT * spread) * (1.0f + 32.0f * ROUND_UNIT) + TINY;
    return largest * (norm + spread) < HUGE_SUM ? slack : tl_infinity();
}

void tl_screen_ask(struct tl_screen_query *query, const struct tl_screen *screen, const struct tl_vector *h,
                   float *group_norms)
{
    const uint32_t groups = tl_screen_groups(screen->hidden);
    const float grow = 1.0f + (float)(4u * groups + 64u) * ROUND_UNIT; /* exact: an even count up to 2^23 */
    uint64_t total = 0;
    for (uint32_t g = 0; g < groups; g++) {
        const uint32_t first = g * TL_GROUP;
        const uint32_t left = screen->hidden - first;
        const uint64_t sum = squares(h->codes + first, left < TL_GROUP ? left : TL_GROUP);
        /* What root_above() has to spare is more than the rounding of these products. */
        group_norms[g] = root_above((float)sum) * (1.0f / 8.0f) * grow;
        total += sum;
    }
    query->h = h;
    query->group_norms = group_norms;
    const float norm = root_above((float)total);
    query->slack = slack_of(screen, h->scale, norm);
    /*
     * Cauchy and Schwarz once more, over the groups; of `grow` this takes (G + 1) / 2 u for largest_error and 6 u here, on
     * top of what b does.
     */
    query->reach = screen->largest_error * (norm * (1.0f / 8.0f)) * grow * h->scale + query->slack;
}
