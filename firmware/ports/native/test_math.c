/* The core's functions against the C library's in double precision, over dense sweeps. */

#include <math.h>
#include <stdio.h>

#include "native_check.h"
#include "tl_crc32.h"
#include "tl_math.h"

/** Distance to the true value in units of the last place of the float nearest to it. */
static double ulps(float found, double truth)
{
    const float nearest = fabsf((float)truth);
    const double unit = (double)test_float(test_bits(nearest) + 1) - (double)nearest;
    return fabs((double)found - truth) / unit;
}

static double worst_exp(void)
{
    double worst = 0;
    for (uint32_t bits = 0; bits < test_bits(88.0f); bits += 601) {
        const float x = test_float(bits);
        worst = fmax(worst, ulps(tl_exp(x), exp((double)x)));
        if (x <= 87.0f) worst = fmax(worst, ulps(tl_exp(-x), exp(-(double)x)));
    }
    return worst;
}

static double worst_log(void)
{
    double worst = 0;
    for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 701) {
        const float x = test_float(bits);
        if (x != 1.0f) worst = fmax(worst, ulps(tl_log(x), log((double)x)));
    }
    return worst;
}

static double worst_rsqrt(void)
{
    double worst = 0;
    for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 701) {
        const float x = test_float(bits);
        worst = fmax(worst, ulps(tl_rsqrt(x), 1.0 / sqrt((double)x)));
    }
    return worst;
}

static double worst_sincos(void)
{
    double worst = 0;
    for (uint32_t step = 0; step <= 2000000u; step++) {
        const float x = (float)step * (8192.0f / 2000000.0f);
        float s, c;
        tl_sincos(x, &s, &c);
        worst = fmax(worst, fmax(fabs((double)s - sin((double)x)), fabs((double)c - cos((double)x))));
    }
    return worst;
}

static void check_edges(void)
{
    float s, c;
    test_case("gives the exact values at the edges of exp, sin and cos");
    EQUAL(test_bits(tl_exp(0.0f)), test_bits(1.0f));
    EQUAL(test_bits(tl_exp(88.5f)), 0x7f800000u);
    EQUAL(test_bits(tl_exp(-87.5f)), 0);
    EQUAL(test_bits(tl_exp(-INFINITY)), 0);
    CHECK(isnan(tl_exp(NAN)));
    CHECK(isfinite(tl_exp(88.0f)) && tl_exp(-87.0f) > 0.0f);
    EQUAL(test_bits(tl_log(1.0f)), 0);
    tl_sincos(0.0f, &s, &c);
    EQUAL(test_bits(s), 0);
    EQUAL(test_bits(c), test_bits(1.0f));
}

static void check_frequencies(uint32_t head_dim, double theta)
{
    float freq[64];
    tl_rope_frequencies(freq, head_dim, theta);
    EQUAL(test_bits(freq[0]), test_bits(1.0f));
    for (uint32_t i = 0; i < head_dim / 2; i++) {
        AT_MOST(ulps(freq[i], pow(theta, -(2.0 * i) / head_dim)), 0.5000001);
    }
}

/*
 * The same bits as the host's own implementation of FORMATS.md: CRC-32s of its results over these sweeps, computed with
 * harness/reference/float32-math.ts and rope.ts.
 */
static uint32_t with(uint32_t crc, float value)
{
    return tl_crc32(crc, &value, sizeof value);
}

static void check_bits(void)
{
    uint32_t crc = 0;
    test_case("gives the reference's bits for exp, log, rsqrt, sin and cos");
    for (uint32_t bits = 0; bits < test_bits(88.0f); bits += 6011) {
        crc = with(with(crc, tl_exp(test_float(bits))), tl_exp(-test_float(bits)));
    }
    EQUAL(crc, 0xb699449eu);
    crc = 0;
    for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 7019) crc = with(crc, tl_log(test_float(bits)));
    EQUAL(crc, 0x8db40159u);
    crc = 0;
    for (uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 7019) crc = with(crc, tl_rsqrt(test_float(bits)));
    EQUAL(crc, 0xe5125028u);
    crc = 0;
    for (uint32_t step = 0; step <= 200000u; step++) {
        float s, c;
        tl_sincos((float)step * (8192.0f / 200000.0f), &s, &c);
        crc = with(with(crc, s), c);
    }
    EQUAL(crc, 0x87c5b40au);
}

static uint32_t frequency_crc(uint32_t head_dim, double theta)
{
    float freq[128];
    tl_rope_frequencies(freq, head_dim, theta);
    return tl_crc32(0, freq, head_dim / 2 * 4);
}

static void check_frequency_bits(void)
{
    test_case("gives the reference's bits for RoPE frequencies");
    EQUAL(frequency_crc(96, 10000.0), 0xf161c8f5u);
    EQUAL(frequency_crc(8, 10000.0), 0x278cb323u);
    EQUAL(frequency_crc(128, 500000.0), 0x04dcf7fbu);
    EQUAL(frequency_crc(64, 1.5), 0xe48bef38u);
    EQUAL(frequency_crc(256, 1000000.0), 0xb51fb6b6u);
}

int main(void)
{
    double found;
    test_case("exp stays within its bound of the C library's");
    AT_MOST(found = worst_exp(), 1.0);
    printf("exp: %.3f ulp\n", found);
    test_case("log stays within its bound");
    AT_MOST(found = worst_log(), 0.8);
    printf("log: %.3f ulp\n", found);
    test_case("rsqrt stays within its bound");
    AT_MOST(found = worst_rsqrt(), 3.0);
    printf("rsqrt: %.3f ulp\n", found);
    test_case("sin and cos stay within their bound up to 8192");
    AT_MOST(found = worst_sincos(), 1e-7);
    printf("sin, cos: %.3g\n", found);
    check_edges();
    check_bits();
    check_frequency_bits();
    test_case("computes RoPE frequencies that are the nearest floats");
    check_frequencies(96, 10000.0);
    check_frequencies(8, 10000.0);
    check_frequencies(128, 500000.0);
    check_frequencies(2, 1.0);
    test_case("computes the common CRC-32, in one piece or several");
    EQUAL(tl_crc32(0, "123456789", 9), 0xcbf43926u);
    EQUAL(tl_crc32(tl_crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
    EQUAL(tl_crc32(0, "", 0), 0);
    return test_report();
}
