/* The reader of model_config.json: what it takes, what it refuses, and that nothing breaks it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "tl_config.h"
#include "tl_json.h"

static int check(const char *text)
{
    return tl_json_check(text, (uint32_t)strlen(text));
}

static void check_syntax(void)
{
    static const char *const good[] = {
        "{}", " { } \n", "{\"a\":1}", "{\"a\":-0.5e+3,\"b\":[],\"c\":[1,[2,{}]],\"d\":null}", "{\"a\\u00e9\\n\":\"\\\"\"}",
        "{\"a\":{\"a\":{\"a\":1}}}", "{\"\":true,\"b\":false}",
    };
    static const char *const bad[] = {
        "", "[]", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":01}", "{\"a\":1.}",
        "{\"a\":.5}", "{\"a\":1e}", "{\"a\":+1}", "{\"a\":nul}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}",
        "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":[1,]}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":'b'}",
        "{\"a\":[[[[[[[[[1]]]]]]]]]}", "{\"a\":NaN}", "{\"a\":1}\xef\xbb\xbf",
    };
    test_case("takes well-formed objects");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) EQUAL(check(good[i]), TL_OK);
    test_case("refuses everything else");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) EQUAL(check(bad[i]), TL_ERR_BAD_CONFIG);
}

static struct tl_json_value value(const char *text, const char *key)
{
    return tl_json_find(text, (uint32_t)strlen(text), key);
}

static void check_values(void)
{
    const char *text = "{\"inner\":{\"n\":7},\"n\":42,\"big\":4294967295,\"over\":4294967296,\"neg\":-1,\"real\":1e3,"
                       "\"yes\":true,\"s\":\"float32\",\"one\":2,\"list\":[ 1 , 2,3 ],\"mixed\":[1,\"a\"],\"none\":[]}";
    uint32_t number, list[3], count;
    bool flag;
    test_case("finds top-level keys only");
    CHECK(tl_json_uint(value(text, "n"), &number) && number == 42);
    EQUAL(value(text, "inn").length, 0);
    test_case("reads integers that fit 32 bits");
    CHECK(tl_json_uint(value(text, "big"), &number) && number == UINT32_MAX);
    CHECK(!tl_json_uint(value(text, "over"), &number));
    CHECK(!tl_json_uint(value(text, "neg"), &number));
    CHECK(!tl_json_uint(value(text, "real"), &number));
    CHECK(!tl_json_uint(value(text, "missing"), &number));
    test_case("reads flags and strings");
    CHECK(tl_json_bool(value(text, "yes"), &flag) && flag);
    CHECK(!tl_json_bool(value(text, "n"), &flag));
    CHECK(tl_json_is_string(value(text, "s"), "float32") && !tl_json_is_string(value(text, "s"), "float3"));
    test_case("reads an integer or an array of them");
    CHECK(tl_json_uint_list(value(text, "one"), list, 3, &count) && count == 1 && list[0] == 2);
    CHECK(tl_json_uint_list(value(text, "list"), list, 3, &count) && count == 3 && list[2] == 3);
    CHECK(!tl_json_uint_list(value(text, "list"), list, 2, &count));
    CHECK(!tl_json_uint_list(value(text, "mixed"), list, 3, &count));
    CHECK(!tl_json_uint_list(value(text, "none"), list, 3, &count));
    CHECK(!tl_json_uint_list(value(text, "yes"), list, 3, &count));
}

static void check_items(void)
{
    static const char *const expected[] = {"1", "\"a,b]\"", "[2,[3]]", "{\"x\":[4]}", "null"};
    const char *text = "{\"list\": [ 1 ,\"a,b]\",[2,[3]] , {\"x\":[4]},null ],\"none\":[ ],\"n\":7}";
    struct tl_json_items items;
    struct tl_json_value item;
    test_case("walks over the items of an array, whatever they are");
    CHECK(tl_json_items_over(value(text, "list"), &items));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        CHECK(tl_json_items_next(&items, &item));
        CHECK(item.length == strlen(expected[i]) && memcmp(item.text, expected[i], item.length) == 0);
    }
    CHECK(!tl_json_items_next(&items, &item));
    test_case("an empty array has none, and what is no array cannot be walked over");
    CHECK(tl_json_items_over(value(text, "none"), &items) && !tl_json_items_next(&items, &item));
    CHECK(!tl_json_items_over(value(text, "n"), &items) && !tl_json_items_over(value(text, "absent"), &items));
}

static bool real(const char *digits, double *out)
{
    char text[128];
    snprintf(text, sizeof text, "{\"a\":%s}", digits);
    return tl_json_real(value(text, "a"), out);
}

static void check_decimals(void)
{
    static const char *const known[] = {
        "0", "1", "-1", "0.1", "1e-05", "1e-5", "0.00001", "9.999999747378752e-06", "10000.0", "500000", "1e6", "1e44",
        "9007199254740993", "9007199254740992.5", "2.2250738585072014e-30", "1000000.000000001", "9999999999999999999",
        "1e-45", "123456789012345678e-20", "0.30000000000000004",
    };
    uint64_t seed = 21;
    double found = 0;
    test_case("rounds decimals as the C library does");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK(real(known[i], &found) && found == strtod(known[i], NULL));
    }
    for (int i = 0; i < 100000; i++) {
        char digits[64];
        const uint64_t mantissa = test_random(&seed) >> (test_random(&seed) % 64);
        const int exponent = (int)(test_random(&seed) % 70) - 45;
        if (mantissa > 9999999999999999999u) continue;
        snprintf(digits, sizeof digits, "%llue%d", (unsigned long long)mantissa, exponent);
        CHECK(real(digits, &found) && found == strtod(digits, NULL));
    }
    test_case("refuses numbers that it cannot read exactly");
    CHECK(!real("1e400", &found));
    CHECK(!real("1e-400", &found));
    CHECK(!real("1e99999999999", &found));
    CHECK(!real("12345678901234567890", &found));
    CHECK(!real("\"1\"", &found));
}

/** Parses a copy that ends where its memory ends, so that the sanitizer sees a step too far. */
static int parse_exactly(const char *text, uint32_t length, struct tl_config *config, struct tl_fault *fault)
{
    char *copy = malloc(length > 0 ? length : 1);
    if (!copy) abort();
    memcpy(copy, text, length);
    const int result = tl_config_parse(copy, length, config, fault);
    free(copy);
    return result;
}

static void check_config(void)
{
    char text[1024], changed[1100];
    struct tl_config config = test_shape_odd(), found;
    struct tl_fault fault;
    test_config_text(&config, text, sizeof text);
    test_case("reads what the exporter writes");
    memset(&found, 0, sizeof found);
    EQUAL(parse_exactly(text, (uint32_t)strlen(text), &found, &fault), TL_OK);
    EQUAL(found.kv_heads, config.kv_heads);
    EQUAL(test_bits(found.norm_eps), test_bits(config.norm_eps));
    EQUAL(found.eos_count, 2);
    EQUAL(found.eos[1], 3);

    static const char *const changes[][3] = {
        {"\"hidden_size\":22", "\"hidden\":22", "hidden_size"},
        {"\"hidden_size\":22", "\"hidden_size\":0", "hidden_size"},
        {"\"hidden_size\":22", "\"hidden_size\":-22", "hidden_size"},
        {"\"hidden_size\":22", "\"hidden_size\":1000000", "hidden_size"},
        {"\"hidden_size\":22", "\"hidden_size\":22.5", "hidden_size"},
        {"\"num_key_value_heads\":2", "\"num_key_value_heads\":4", "num_key_value_heads"},
        {"\"head_dim\":10", "\"head_dim\":11", "head_dim"},
        {"\"rope_theta\":10000.0", "\"rope_theta\":0.5", "rope_theta"},
        {"\"rope_theta\":10000.0", "\"rope_theta\":\"x\"", "rope_theta"},
        {"\"rms_norm_eps\"", "\"rms_norm_epsilon\"", "rms_norm_eps"},
        {"false", "null", "tie_word_embeddings"},
        {"float32", "int9", "weight_format"},
        {"\"float32\"", "32", "weight_format"},
        {"\"weight_format\":\"float32\"", "\"weight_format\":\"float32\",\"up_proj_format\":\"int\"", "up_proj_format"},
        {"\"weight_format\"", "\"weight_formats\"", "weight_format"},
        {"[2,3]", "[]", "eos_token_id"},
        {"\"bos_token_id\":1", "\"bos_token_id\":null", "bos_token_id"},
        {"}", "", "model_config.json"},
    };
    test_case("refuses a bad key by its name");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(text, changes[i][0]);
        if (!CHECK(at != NULL)) continue;
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, changes[i][1], at + strlen(changes[i][0]));
        EQUAL(parse_exactly(changed, (uint32_t)strlen(changed), &found, &fault), TL_ERR_BAD_CONFIG);
        if (!CHECK(strcmp(fault.subject, changes[i][2]) == 0)) printf("    said %s %s\n", fault.subject, fault.reason);
        CHECK(fault.reason != NULL);
        CHECK(strcmp(fault.file, "model_config.json") == 0);
    }
}

static void check_config_formats(void)
{
    char text[1024];
    struct tl_config config = test_shape_odd(), found;
    struct tl_fault fault;
    test_case("reads the format of every matrix");
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const bool norm = t == TL_NORM1 || t == TL_NORM2 || t == TL_FINAL_NORM;
        config.format[t] = norm ? TL_FLOAT32 : (enum tl_format)(t % TL_FORMAT_COUNT);
    }
    test_config_text(&config, text, sizeof text);
    EQUAL(parse_exactly(text, (uint32_t)strlen(text), &found, &fault), TL_OK);
    for (int t = 0; t < TL_TENSOR_COUNT; t++) EQUAL(found.format[t], config.format[t]);
}

static void mutate(char *text, uint32_t *length, uint64_t *seed)
{
    static const char marks[] = "{}[]\",:\\0123456789eE+-.tfn \n\x00\xff";
    for (uint64_t edits = test_random(seed) % 4 + 1; edits > 0 && *length > 1; edits--) {
        const uint32_t at = (uint32_t)(test_random(seed) % *length);
        switch (test_random(seed) % 4) {
        case 0: text[at] = (char)test_random(seed); break;
        case 1: text[at] = marks[test_random(seed) % (sizeof marks - 1)]; break;
        case 2: *length = at; break;
        default:
            memmove(text + at, text + at + 1, *length - at - 1);
            --*length;
        }
    }
}

static void fuzz(void)
{
    char original[1024], text[1024];
    const struct tl_config config = test_shape_odd();
    uint64_t seed = 5;
    uint32_t accepted = 0;
    test_config_text(&config, original, sizeof original);
    test_case("survives 60000 damaged configurations, and takes none that breaks the core's rules");
    for (int i = 0; i < 60000; i++) {
        struct tl_config found;
        struct tl_fault fault;
        uint32_t length = (uint32_t)strlen(original);
        memcpy(text, original, length);
        mutate(text, &length, &seed);
        const int result = parse_exactly(text, length, &found, &fault);
        CHECK(result == TL_OK || result == TL_ERR_BAD_CONFIG);
        if (result != TL_OK) continue;
        accepted++;
        CHECK(found.hidden > 0 && found.kv_heads > 0 && found.heads % found.kv_heads == 0 && found.head_dim % 2 == 0);
        CHECK(found.norm_eps > 0 && found.rope_theta >= 1 && found.eos_count >= 1 && found.eos_count <= TL_MAX_EOS);
    }
    CHECK(accepted > 0);
}

int main(void)
{
    check_syntax();
    check_values();
    check_items();
    check_decimals();
    check_config();
    check_config_formats();
    fuzz();
    return test_report();
}
