#include "tl_math.h"

#include <float.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "float arithmetic must round to float after every operation (firmware/FORMATS.md)"
#endif

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float tl_exp(float x)
{
    if (x != x) return x;
    if (x > 88.0f) return float_of(0x7f800000u);
    if (x < -87.0f) return 0.0f;
    const float t = x * 1.44269504f;
    const int32_t k = (int32_t)(t >= 0.0f ? t + 0.5f : t - 0.5f);
    const float kf = (float)k;
    const float r = (x - kf * 0.693359375f) - kf * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float z = r * r;
    const float y = (p * z + r) + 1.0f;
    return y * float_of((uint32_t)(k + 127) << 23);
}

float tl_log(float x)
{
    const uint32_t bits = bits_of(x);
    int32_t e = (int32_t)(bits >> 23) - 126;
    float m = float_of((bits & 0x007fffffu) | 0x3f000000u);
    if (m < 0.707106781f) {
        e = e - 1;
        m = (m + m) - 1.0f;
    } else {
        m = m - 1.0f;
    }
    const float z = m * m;
    float p = 7.0376836292e-2f;
    p = p * m + -1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m + -1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m + -1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m + -2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    const float ef = (float)e;
    float y = (p * m) * z;
    y = y + ef * -2.12194440e-4f;
    y = y - 0.5f * z;
    return (m + y) + ef * 0.693359375f;
}

float tl_rsqrt(float x)
{
    float y = float_of(0x5f375a86u - (bits_of(x) >> 1));
    const float h = 0.5f * x;
    for (int step = 0; step < 3; step++) y = y * (1.5f - (h * y) * y);
    return y;
}

void tl_sincos(float x, float *sine, float *cosine)
{
    uint32_t j = (uint32_t)(x * 1.27323954473516f);
    j += j & 1u;
    const float f = (float)j;
    const float r = ((x - f * 0.78515625f) - f * 2.4187564849853515625e-4f) - f * 3.77489497744594108e-8f;
    const float z = r * r;
    const float sp = (-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f;
    const float cp = (2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f;
    const float s = (sp * z) * r + r;
    const float c = ((cp * z) * z - 0.5f * z) + 1.0f;
    switch (j & 7u) {
    case 0: *sine = s, *cosine = c; break;
    case 2: *sine = c, *cosine = -s; break;
    case 4: *sine = -s, *cosine = -c; break;
    default: *sine = -c, *cosine = s; break;
    }
}

static double log_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t e = (int32_t)(bits >> 52) - 1022;
    bits = (bits & 0x000fffffffffffffull) | 0x3fe0000000000000ull;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m < 0.7071067811865476) {
        m = 2.0 * m;
        e = e - 1;
    }
    const double s = (m - 1.0) / (m + 1.0);
    const double q = s * s;
    double term = s;
    double total = s;
    for (int k = 1; k <= 24; k++) {
        term = term * q;
        total = total + term / (double)(2 * k + 1);
    }
    return 2.0 * total + (double)e * 0.6931471805599453;
}

static double exp_of(double x)
{
    const double t = x / 0.6931471805599453;
    int32_t k = (int32_t)(t >= 0.0 ? t + 0.5 : t - 0.5);
    const double r = x - (double)k * 0.6931471805599453;
    double term = 1.0;
    double total = 1.0;
    for (int i = 1; i <= 20; i++) {
        term = (term * r) / (double)i;
        total = total + term;
    }
    for (; k > 0; k--) total = total * 2.0;
    for (; k < 0; k++) total = total * 0.5;
    return total;
}

void tl_rope_frequencies(float *out, uint32_t head_dim, double theta)
{
    const double log_theta = log_of(theta);
    for (uint32_t i = 0; i < head_dim / 2; i++) {
        out[i] = (float)exp_of(-((double)(2 * i) / (double)head_dim) * log_theta);
    }
}
