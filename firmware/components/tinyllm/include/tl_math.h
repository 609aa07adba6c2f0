#ifndef TL_MATH_H
#define TL_MATH_H

#include <stdint.h>

/*
 * The elementary functions of firmware/FORMATS.md "Functions", after Cephes' single precision. Not the C library's:
 * every port must give the same bits. Beside each stands its largest distance to the true value, in units of the last
 * place, as test_math.c finds it by dense sweeps.
 */

/** e^x. NaN: NaN; above 88: +inf; below -87: +0. Within 1.0 ulp. */
float tl_exp(float x);

/** Natural logarithm of a finite, normal, positive x; anything else gives a meaningless number. Within 0.8 ulp. */
float tl_log(float x);

/** 1/sqrt(x) of a finite, normal, positive x; anything else gives a meaningless number. Within 3.0 ulp. */
float tl_rsqrt(float x);

/** Sine and cosine of x in 0 .. 8192, each within 1e-7 of the true value. */
void tl_sincos(float x, float *sine, float *cosine);

/** The frequencies of rotary embedding, computed in binary64: out (head_dim / 2). `theta` is finite and at least 1. */
void tl_rope_frequencies(float *out, uint32_t head_dim, double theta);

#endif
