#ifndef NATIVE_CHECK_H
#define NATIVE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * A test program is a list of cases: TEST_CASE("reports ...") begins one, the checks after it belong to it, and
 * test_report() prints what failed and gives the exit code. A failed check does not end the program.
 */
void test_case(const char *title);
bool test_check(bool good, const char *file, int line, const char *what);
bool test_equal(long long found, long long expected, const char *file, int line, const char *what);
bool test_at_most(double found, double bound, const char *file, int line, const char *what);
int test_report(void);

#define CHECK(condition) test_check((condition), __FILE__, __LINE__, #condition)
#define EQUAL(found, expected) test_equal((long long)(found), (long long)(expected), __FILE__, __LINE__, #found)
#define AT_MOST(found, bound) test_at_most((found), (bound), __FILE__, __LINE__, #found)

/** A seeded generator (splitmix64) for inputs; nothing of the core's. */
uint64_t test_random(uint64_t *state);

/** Uniform in -1 .. 1. */
float test_random_float(uint64_t *state);

/** The bits of a float. */
uint32_t test_bits(float value);
float test_float(uint32_t bits);

#endif
