#include <stdint.h>

/*
 * What the ESP8266 has in ROM, and its compiler's library therefore lacks. Float operations stand for one instruction of an
 * FPU: they cost a call and keep no value, so that counts are of the integer work. Nothing here may be used for results.
 */

float __addsf3(float a, float b);
float __subsf3(float a, float b);
float __mulsf3(float a, float b);
float __floatsisf(int32_t a);
float __floatunsisf(uint32_t a);
uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);

float __addsf3(float a, float b)
{
    (void)b;
    return a;
}

float __subsf3(float a, float b)
{
    (void)b;
    return a;
}

float __mulsf3(float a, float b)
{
    (void)b;
    return a;
}

static float bits(uint32_t a)
{
    const union {
        uint32_t word;
        float value;
    } both = {.word = a & 0xffffu};
    return both.value;
}

float __floatsisf(int32_t a)
{
    return bits((uint32_t)a);
}

float __floatunsisf(uint32_t a)
{
    return bits(a);
}

static uint64_t divide(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0;
    *rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        *rest = *rest << 1 | (a >> bit & 1);
        if (*rest < b) continue;
        *rest -= b;
        quotient |= (uint64_t)1 << bit;
    }
    return quotient;
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    return divide(a, b, &rest);
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint64_t rest;
    return (uint32_t)divide(a, b, &rest);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    uint64_t rest;
    divide(a, b, &rest);
    return (uint32_t)rest;
}
