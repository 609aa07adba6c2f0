#include "native_check.h"

#include <stdio.h>
#include <string.h>

static const char *current = "before the first case";
static int cases, checks, failures;

void test_case(const char *title)
{
    current = title;
    cases++;
}

static void fail(const char *file, int line)
{
    failures++;
    printf("%s:%d: %s: ", file, line, current);
}

bool test_check(bool good, const char *file, int line, const char *what)
{
    checks++;
    if (good) return true;
    fail(file, line);
    printf("not true: %s\n", what);
    return false;
}

bool test_equal(long long found, long long expected, const char *file, int line, const char *what)
{
    checks++;
    if (found == expected) return true;
    fail(file, line);
    printf("%s is %lld, not %lld\n", what, found, expected);
    return false;
}

bool test_at_most(double found, double bound, const char *file, int line, const char *what)
{
    checks++;
    if (found <= bound) return true;
    fail(file, line);
    printf("%s is %g, more than %g\n", what, found, bound);
    return false;
}

int test_report(void)
{
    printf("%d cases, %d checks, %d failures\n", cases, checks, failures);
    return failures == 0 && checks > 0 ? 0 : 1;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

float test_random_float(uint64_t *state)
{
    return (float)((double)(test_random(state) >> 11) / 4503599627370496.0 - 1.0);
}

uint32_t test_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float test_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
