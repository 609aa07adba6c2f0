/* Products with rows of every format, and rows as values, against FORMATS.md's table read weight by weight; quantizing. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_naive.h"
#include "tl_error.h"
#include "tl_rows.h"

#define ROWS 3
#define MAX_COLS 1300

static const uint32_t widths[] = {1,  2,  3,   4,   5,   6,   7,   8,   9,   15,  16,  17,  31,  32,   33,  37,
                                  48, 63, 64,  65,  100, 127, 128, 191, 192, 193, 255, 256, 257, 258,  259, 260,
                                  261, 289, 320, 511, 512, 513, 767, 769, 1024, 1281};

/** Rows in memory that is exactly theirs, so that a read too far shows, and a vector with its buffers. */
struct bench {
    struct tl_rows rows;
    struct tl_vector vector;
    unsigned char *data;
    float *values;
};

static void *exact(size_t bytes)
{
    void *memory = malloc(bytes);
    if (!memory) abort();
    return memory;
}

static void begin(struct bench *b, enum tl_format format, uint32_t cols, uint64_t *seed)
{
    const uint32_t row_bytes = naive_row_bytes(format, cols);
    b->data = exact(ROWS * row_bytes);
    b->values = exact(cols * sizeof(float));
    for (uint32_t row = 0; row < ROWS; row++) naive_random_row(format, b->data + row * row_bytes, cols, seed);
    for (uint32_t i = 0; i < cols; i++) b->values[i] = 3.0f * test_random_float(seed);
    b->rows = (struct tl_rows){format, b->data, ROWS, cols, row_bytes, naive_random_scale(seed)};
    b->vector = (struct tl_vector){b->values, cols, exact(cols * sizeof(int16_t)), exact((cols + 31) / 32 * sizeof(int32_t)), 0};
    tl_vector_quantize(&b->vector);
}

static void end(struct bench *b)
{
    free(b->data);
    free(b->values);
    free(b->vector.codes);
    free(b->vector.sums);
}

/* Any NaN is as good as any other. */
static void same(float found, float expected)
{
    if (isnan(expected)) CHECK(isnan(found));
    else EQUAL(test_bits(found), test_bits(expected));
}

static void compare(const struct bench *b)
{
    const struct tl_rows *r = &b->rows;
    float out[ROWS + 1], wide[MAX_COLS + 1];
    out[ROWS] = wide[r->cols] = 42.0f;
    EQUAL(tl_rows_multiply(out, r, &b->vector), TL_OK);
    for (uint32_t row = 0; row < ROWS; row++) {
        same(out[row], naive_product(r->format, r->data + row * r->row_bytes, r->cols, r->scale, b->values));
    }
    EQUAL(tl_rows_widen(wide, r), TL_OK);
    for (uint32_t i = 0; i < r->cols; i++) same(wide[i], naive_value(r->format, r->data, r->cols, i, r->scale));
    CHECK(out[ROWS] == 42.0f && wide[r->cols] == 42.0f);
}

static void check_products(enum tl_format format)
{
    char title[120];
    uint64_t seed = 100 + (uint64_t)format;
    snprintf(title, sizeof title, "multiplies and widens rows of %s of every width, to the bit", tl_format_name(format));
    test_case(title);
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (int round = 0; round < 4; round++) {
            struct bench b;
            begin(&b, format, widths[w], &seed);
            EQUAL(tl_format_row_bytes(format, widths[w]), b.rows.row_bytes);
            compare(&b);
            end(&b);
        }
    }
}

/** All codes and all activations at one end of their range: the largest sums that can be. */
static void check_extremes(enum tl_format format)
{
    uint64_t seed = 7;
    test_case("sums fit 32 bits at both ends of the range");
    for (int byte = 0; byte < 256; byte += 255) {
        for (int sign = -1; sign <= 1; sign += 2) {
            struct bench b;
            begin(&b, format, 1024, &seed);
            const uint32_t head = format == TL_INT8 ? 0 : format == TL_INT4 || format == TL_INT2 ? 64 : 4;
            for (uint32_t row = 0; row < ROWS; row++) memset(b.data + row * b.rows.row_bytes + head, byte, b.rows.row_bytes - head);
            for (uint32_t i = 0; i < 1024; i++) b.values[i] = (float)sign;
            tl_vector_quantize(&b.vector);
            compare(&b);
            end(&b);
        }
    }
}

static void check_zeros(enum tl_format format)
{
    uint64_t seed = 9;
    struct bench b;
    test_case("a row of scale 0 gives 0, whatever its codes");
    begin(&b, format, 100, &seed);
    const uint32_t head = format == TL_INT4 || format == TL_INT2 ? 8 : 4;
    for (uint32_t row = 0; row < ROWS; row++) memset(b.data + row * b.rows.row_bytes, 0, head);
    compare(&b);
    float out[ROWS];
    EQUAL(tl_rows_multiply(out, &b.rows, &b.vector), TL_OK);
    for (uint32_t row = 0; row < ROWS; row++) CHECK(out[row] == 0.0f);
    test_case("a vector of zeros, or with a NaN, gives zeros or NaN");
    memset(b.values, 0, 100 * sizeof(float));
    tl_vector_quantize(&b.vector);
    compare(&b);
    b.values[99] = NAN;
    tl_vector_quantize(&b.vector);
    compare(&b);
    end(&b);
}

static void put_scale(struct bench *b, uint32_t row, uint32_t index, uint32_t bits)
{
    unsigned char *at = b->data + row * b->rows.row_bytes;
    const bool grouped = b->rows.format == TL_INT4 || b->rows.format == TL_INT2;
    if (b->rows.format == TL_INT8) b->rows.scale = test_float(bits);
    else if (grouped) at[2 * index] = (unsigned char)(bits >> 16), at[2 * index + 1] = (unsigned char)(bits >> 24);
    else memcpy(at, &bits, 4);
}

static void check_bad_scales(enum tl_format format)
{
    static const uint32_t bad[] = {0x7fc00000, 0x7f800000, 0xff800000, 0xffffffff, 0x7f810000};
    uint64_t seed = 11;
    float out[ROWS], wide[100];
    test_case("a scale that is NaN or infinite is an error, in any row, whatever it meets");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int zeros = 0; zeros < 2; zeros++) {
            struct bench b;
            begin(&b, format, 100, &seed);
            if (zeros) memset(b.values, 0, 100 * sizeof(float));
            tl_vector_quantize(&b.vector);
            put_scale(&b, 2, 3, bad[i]);
            EQUAL(tl_rows_multiply(out, &b.rows, &b.vector), TL_ERR_BAD_WEIGHTS);
            if (format != TL_INT8) EQUAL(tl_rows_widen(wide, &b.rows), TL_OK);
            put_scale(&b, 0, 3, bad[i]);
            EQUAL(tl_rows_widen(wide, &b.rows), TL_ERR_BAD_WEIGHTS);
            end(&b);
        }
    }
    test_case("but a product that overflows by itself is none");
    struct bench b;
    begin(&b, format, 100, &seed);
    for (uint32_t group = 0; group < 4; group++) put_scale(&b, 0, group, 0x7f7f0000);
    for (uint32_t i = 0; i < 100; i++) b.values[i] = naive_code(format, b.data, 100, i) < 0 ? -1.0f : 1.0f;
    tl_vector_quantize(&b.vector);
    EQUAL(tl_rows_multiply(out, &b.rows, &b.vector), TL_OK);
    CHECK(isinf(out[0]));
    end(&b);
}

static void check_halves(void)
{
    uint16_t *half = exact(sizeof *half);
    float wide;
    test_case("widens every float16 and bfloat16 exactly");
    for (uint32_t bits = 0; bits < 65536; bits++) {
        *half = (uint16_t)bits;
        const unsigned char *data = (const unsigned char *)half;
        for (int f = TL_FLOAT16; f <= TL_BFLOAT16; f++) {
            const struct tl_rows rows = {(enum tl_format)f, data, 1, 1, 2, 0};
            EQUAL(tl_rows_widen(&wide, &rows), TL_OK);
            same(wide, naive_value((enum tl_format)f, data, 1, 0, 0));
        }
    }
    free(half);
}

static void quantize(const float *x, uint32_t n)
{
    int expected[MAX_COLS];
    int16_t codes[MAX_COLS];
    int32_t sums[MAX_COLS / 32 + 1];
    struct tl_vector v = {x, n, codes, sums, -1.0f};
    const float scale = naive_quantize(x, n, expected);
    tl_vector_quantize(&v);
    EQUAL(test_bits(v.scale), test_bits(scale));
    for (uint32_t i = 0; i < n; i++) EQUAL(codes[i], expected[i]);
    for (uint32_t g = 0; g < (n + 31) / 32; g++) {
        int sum = 0;
        for (uint32_t i = 32 * g; i < n && i < 32 * g + 32; i++) sum += expected[i];
        EQUAL(sums[g], sum);
    }
}

static void check_quantize(void)
{
    uint64_t seed = 13;
    float x[MAX_COLS];
    test_case("quantizes vectors of every length and magnitude, to the bit");
    for (int round = 0; round < 600; round++) {
        const uint32_t n = 1 + (uint32_t)(test_random(&seed) % 300);
        const float range = ldexpf(1.0f, (int)(test_random(&seed) % 250) - 122);
        for (uint32_t i = 0; i < n; i++) x[i] = range * test_random_float(&seed);
        quantize(x, n);
    }
    test_case("and any bits at all: NaN, infinities, subnormals");
    for (int round = 0; round < 600; round++) {
        for (uint32_t i = 0; i < 40; i++) x[i] = test_float((uint32_t)test_random(&seed) & (round % 2 ? 0x8fffffffu : 0xffffffffu));
        quantize(x, 1 + (uint32_t)(test_random(&seed) % 40));
    }
    test_case("and at its borders");
    static const uint32_t borders[] = {0, 1, 0x0d7fffff, 0x0d800000, 0x00800000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x3f800000};
    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++) {
        for (uint32_t sign = 0; sign < 2; sign++) {
            x[0] = test_float(borders[i] | sign << 31);
            x[1] = 0.0f;
            x[2] = -x[0] / 2;
            quantize(x, 3);
        }
    }
    test_case("rounds halves away from zero, and the largest to 32767");
    const float known[] = {32767.0f, 0.5f, -0.5f, 0.49f, 1.5f, -2.5f, -32767.0f};
    int16_t codes[7];
    int32_t sums[1];
    struct tl_vector v = {known, 7, codes, sums, 0};
    tl_vector_quantize(&v);
    static const int16_t expected[] = {32767, 1, -1, 0, 2, -3, -32767};
    CHECK(v.scale == 1.0f && memcmp(codes, expected, sizeof codes) == 0 && sums[0] == -1);
}

static void check_names(void)
{
    static const char *const names[] = {"float32", "float16", "bfloat16", "int8", "int8_row",
                                        "int4", "int2", "ternary", "ternary_2bit", "binary"};
    enum tl_format format = TL_FLOAT32;
    test_case("knows every format by its name, and no other");
    for (int i = 0; i < TL_FORMAT_COUNT; i++) {
        CHECK(strcmp(tl_format_name((enum tl_format)i), names[i]) == 0);
        CHECK(tl_format_parse(names[i], (uint32_t)strlen(names[i]), &format) && (int)format == i);
        EQUAL(tl_format_is_integer((enum tl_format)i), i >= 3);
    }
    CHECK(!tl_format_parse("int", 3, &format) && !tl_format_parse("int44", 5, &format) && !tl_format_parse("", 0, &format));
    test_case("says Tiny-LLM's bytes a row");
    static const uint32_t bytes[] = {768, 384, 384, 192, 196, 108, 60, 44, 52, 28};
    for (int i = 0; i < TL_FORMAT_COUNT; i++) EQUAL(tl_format_row_bytes((enum tl_format)i, 192), bytes[i]);
    test_case("charges each format as its own kernel");
    EQUAL(tl_format_kernel(TL_FLOAT32), TL_KERNEL_DOT);
    EQUAL(tl_format_kernel(TL_INT8), TL_KERNEL_DOT_INT8);
    EQUAL(tl_format_kernel(TL_INT8_ROW), TL_KERNEL_DOT_INT8);
    EQUAL(tl_format_kernel(TL_BINARY), TL_KERNEL_DOT_BINARY);
}

int main(void)
{
    check_names();
    check_quantize();
    check_halves();
    for (int f = 0; f < TL_FORMAT_COUNT; f++) check_products((enum tl_format)f);
    for (int f = TL_INT8; f < TL_FORMAT_COUNT; f++) {
        check_extremes((enum tl_format)f);
        if (f != TL_INT8) check_zeros((enum tl_format)f);
        check_bad_scales((enum tl_format)f);
    }
    return test_report();
}
