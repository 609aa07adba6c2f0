/* Text without printf. */

#include <string.h>

#include "bench_text.h"
#include "native_check.h"

static char buffer[64];

static struct bench_text fresh(void)
{
    return bench_text_over(buffer, sizeof buffer);
}

static void check_numbers(void)
{
    struct bench_text text = fresh();
    test_case("writes numbers of every size");
    bench_text_uint(&text, 0);
    bench_text_char(&text, ' ');
    bench_text_uint(&text, UINT64_MAX);
    bench_text_char(&text, ' ');
    bench_text_hex(&text, 0x00c0ffeeu);
    CHECK(strcmp(buffer, "0 18446744073709551615 00c0ffee") == 0);
    test_case("writes hundredths with two decimals");
    text = fresh();
    bench_text_hundredths(&text, 243);
    bench_text_char(&text, ' ');
    bench_text_hundredths(&text, 7);
    bench_text_char(&text, ' ');
    bench_text_hundredths(&text, 120050);
    CHECK(strcmp(buffer, "2.43 0.07 1200.50") == 0);
}

static void check_base64(void)
{
    static const char *const vectors[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfb", "//77"},
    };
    test_case("encodes the vectors of RFC 4648");
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct bench_text text = fresh();
        bench_text_base64(&text, vectors[i][0], (uint32_t)strlen(vectors[i][0]));
        CHECK(strcmp(buffer, vectors[i][1]) == 0);
    }
}

static void check_limits(void)
{
    char small[6];
    struct bench_text text = bench_text_over(small, sizeof small);
    test_case("cuts off what does not fit, stays terminated and says so");
    bench_text_add(&text, "hello");
    CHECK(!text.overflow && strcmp(small, "hello") == 0);
    bench_text_add(&text, " world");
    CHECK(text.overflow && strcmp(small, "hello") == 0);
    test_case("tames what JSON would need an escape for");
    text = fresh();
    bench_text_tame(&text, "a\"b\\c\n\x7f\xc3\xa9");
    CHECK(strcmp(buffer, "a'b/c????") == 0);
}

int main(void)
{
    check_numbers();
    check_base64();
    check_limits();
    return test_report();
}
