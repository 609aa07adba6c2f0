/* Probes: what they count, what they refuse, and that they give back what they take. */

#include <stdio.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_session.h"

#define HEAP 65536
#define PSRAM 400000

/* 53 * 22 float32 */
#define EMBED_BYTES 4664

static const char *card;

static void begin(struct session *s)
{
    session_begin(s, card, HEAP, PSRAM);
}

static void check_kernels(void)
{
    struct session s;
    char command[80], answer[80];
    static const struct {
        const char *kind;
        int unit_bytes;
    } kinds[] = {{"dot", 4}, {"elementwise", 4}, {"exp", 4}, {"crc", 1}, {"rmsnorm", 4}, {"stream", 4}};
    begin(&s);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int memory = 0; memory <= 1; memory++) {
            test_case("measures a kernel, and counts its units and bytes over all passes");
            snprintf(command, sizeof command, "probe %s size=64 calls=2 repeat=3 memory=%d", kinds[i].kind, memory);
            session_command(&s, command);
            CHECK(session_count(&s, "\"r\":\"ack\"") == 1);
            snprintf(answer, sizeof answer, "\"kind\":\"%s\",\"us\":", kinds[i].kind);
            CHECK(session_said(&s, answer));
            snprintf(answer, sizeof answer, ",\"units\":384,\"bytes\":%d}", 384 * kinds[i].unit_bytes);
            CHECK(session_said(&s, answer));
        }
    }
    test_case("lets go of the model");
    session_command(&s, "generate");
    CHECK(session_refused(&s, "no_model", ""));
    session_end(&s);
}

/** Rows of 72 weights: three groups, the last one short; bytes a row by firmware/FORMATS.md. */
static void check_formats(void)
{
    struct session s;
    char command[80], answer[80];
    static const struct {
        const char *kind;
        enum tl_kernel kernel;
        int row_bytes;
    } kinds[] = {
        {"dot_float16", TL_KERNEL_DOT_FLOAT16, 144}, {"dot_bfloat16", TL_KERNEL_DOT_BFLOAT16, 144},
        {"dot_int8", TL_KERNEL_DOT_INT8, 72},        {"dot_int4", TL_KERNEL_DOT_INT4, 8 + 36},
        {"dot_int2", TL_KERNEL_DOT_INT2, 8 + 20},    {"dot_ternary", TL_KERNEL_DOT_TERNARY, 4 + 16},
        {"dot_ternary_2bit", TL_KERNEL_DOT_TERNARY_2BIT, 4 + 20}, {"dot_binary", TL_KERNEL_DOT_BINARY, 4 + 12},
    };
    begin(&s);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        test_case("measures products with rows of each format, and counts weights and bytes over all passes");
        snprintf(command, sizeof command, "probe %s size=72 calls=5 repeat=3 memory=%d", kinds[i].kind, (int)(i % 2));
        s.native.worked[kinds[i].kernel] = 0;
        session_command(&s, command);
        snprintf(answer, sizeof answer, "\"kind\":\"%s\",\"us\":", kinds[i].kind);
        CHECK(session_said(&s, answer));
        snprintf(answer, sizeof answer, ",\"units\":1080,\"bytes\":%d}", 15 * kinds[i].row_bytes);
        CHECK(session_said(&s, answer));
        EQUAL(s.native.worked[kinds[i].kernel], 1080);
    }
    test_case("refuses vectors and rows that do not fit, and keeps nothing of them");
    session_command(&s, "probe dot_int8 size=20000");
    CHECK(session_refused(&s, "no_memory", "dot_int8"));
    session_command(&s, "probe dot_int8 size=1000 calls=1000 memory=1");
    CHECK(session_refused(&s, "no_memory", "dot_int8"));
    EQUAL(s.native.arena[BENCH_HEAP].used, 0);
    session_command(&s, "probe dot_int3");
    CHECK(session_refused(&s, "bad_arg", "there is no probe dot_int3"));
    session_end(&s);
}

static void check_refusals(void)
{
    struct session s;
    begin(&s);
    test_case("refuses what it does not know, and what would take for ever");
    session_command(&s, "probe");
    CHECK(session_refused(&s, "bad_arg", "without a name"));
    session_command(&s, "probe love");
    CHECK(session_refused(&s, "bad_arg", "there is no probe love"));
    session_command(&s, "probe dot colour=3");
    CHECK(session_refused(&s, "bad_key", "colour=3"));
    session_command(&s, "probe dot logits=crc");
    CHECK(session_refused(&s, "bad_key", "logits=crc"));
    session_command(&s, "probe dot memory=2");
    CHECK(session_refused(&s, "bad_value", "memory=2"));
    session_command(&s, "probe dot size=1024 repeat=16385");
    CHECK(session_refused(&s, "bad_value", "16777216"));
    session_command(&s, "probe crc size=66");
    CHECK(session_refused(&s, "bad_value", "multiple of 4"));
    test_case("refuses what does not fit its memory, and keeps nothing of it");
    session_command(&s, "probe dot size=1024 calls=16");
    CHECK(session_refused(&s, "no_memory", "dot"));
    session_command(&s, "probe stream size=200000 memory=1");
    CHECK(session_refused(&s, "no_memory", "stream"));
    session_command(&s, "probe dot size=1024");
    CHECK(session_said(&s, "\"units\":1024"));
    session_end(&s);
}

static void check_card(void)
{
    struct session s;
    begin(&s);
    test_case("reads a file block behind block: one seek, to its beginning");
    session_command(&s, "probe card tinyllm_float32_weights embed_tokens.bin size=1024 calls=4");
    CHECK(session_said(&s, "\"bytes\":"));
    CHECK(session_said(&s, "\"reads\":4,\"seeks\":1,\"bytes\":4096,\"min_us\":"));
    test_case("goes round at the file's end, which is a seek");
    session_command(&s, "probe card tinyllm_float32_weights embed_tokens.bin size=1024 calls=6 memory=1");
    CHECK(session_said(&s, "\"reads\":6,\"seeks\":2,\"bytes\":6144,"));
    test_case("reads scattered blocks: every one a seek");
    session_command(&s, "probe card tinyllm_float32_weights embed_tokens.bin size=512 calls=6 step=1200");
    CHECK(session_said(&s, "\"reads\":6,\"seeks\":6,\"bytes\":3072,"));
    test_case("reads through a buffer in pieces, the last one shorter");
    session_command(&s, "probe card tinyllm_float32_weights embed_tokens.bin size=2000 calls=2 memory=1 bounce=512");
    CHECK(session_said(&s, "\"reads\":8,\"seeks\":1,\"bytes\":4000,"));
    test_case("opens files and mounts the card");
    session_command(&s, "probe open tinyllm_float32_weights embed_tokens.bin calls=20");
    CHECK(session_said(&s, "\"kind\":\"open\"") && session_said(&s, "\"units\":20"));
    session_command(&s, "probe mount");
    CHECK(session_said(&s, "\"kind\":\"mount\"") && session_said(&s, "\"units\":1"));
    session_command(&s, "load tinyllm_float32_weights");
    CHECK(session_said(&s, "\"r\":\"ack\""));
    session_end(&s);
}

static void check_card_refusals(void)
{
    struct session s;
    char command[120];
    begin(&s);
    test_case("refuses files that are not there, or not on the card, or shorter than a block");
    session_command(&s, "probe card tinyllm_float32_weights nothing.bin");
    CHECK(session_refused(&s, "no_file", "nothing.bin"));
    session_command(&s, "probe card .. passwd");
    CHECK(session_refused(&s, "bad_arg", "folder"));
    session_command(&s, "probe card tinyllm_float32_weights");
    CHECK(session_refused(&s, "bad_arg", "folder"));
    snprintf(command, sizeof command, "probe card tinyllm_float32_weights embed_tokens.bin size=%d", EMBED_BYTES + 1);
    session_command(&s, command);
    CHECK(session_refused(&s, "bad_value", "more than the file has"));
    session_command(&s, "probe card tinyllm_float32_weights embed_tokens.bin size=1024 bounce=65536");
    CHECK(session_refused(&s, "no_memory", "card"));
    session_end(&s);
    test_case("refuses to read without a card");
    session_begin(&s, NULL, HEAP, PSRAM);
    session_command(&s, "probe card tinyllm_float32_weights embed_tokens.bin");
    CHECK(session_refused(&s, "no_card", ""));
    session_command(&s, "probe mount");
    CHECK(session_said(&s, "\"units\":0"));
    session_end(&s);
}

static void check_uart(void)
{
    struct session s;
    begin(&s);
    test_case("says that it listens, hears nothing, and sends its pattern all the same");
    session_command(&s, "probe uart calls=3");
    CHECK(session_said(&s, "\"kind\":\"listening\"}"));
    CHECK(session_count(&s, "\nFcz") == 3);
    CHECK(session_said(&s, "\"bytes\":0,\"lines\":0}"));
    test_case("writes and polls");
    session_command(&s, "probe write calls=2");
    CHECK(session_said(&s, "\"kind\":\"write\"") && session_said(&s, "\"bytes\":128}"));
    session_command(&s, "probe poll calls=5");
    CHECK(session_said(&s, "\"kind\":\"poll\"") && session_said(&s, "\"units\":5}"));
    test_case("measures once, however often it is asked for the same");
    session_command_as(&s, 900, "probe dot");
    session_command_as(&s, 900, "probe dot");
    CHECK(session_said(&s, "\"dup\":1") && !session_said(&s, "\"r\":\"probe\""));
    session_end(&s);
}

static struct native_port *weak;

/** Bit 5 of whatever is copied to PSRAM is 1. */
static void weaken(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    const uint32_t offset = (uint32_t)((const char *)data - (const char *)weak->memory[BENCH_PSRAM]);
    uint32_t *words = (uint32_t *)weak->memory[BENCH_PSRAM] + offset / 4;
    (void)ctx;
    (void)bytes;
    for (uint32_t i = 0; kernel == TL_KERNEL_COPY && i < count / 4; i++) words[i] |= 0x20;
}

static void check_psram(void)
{
    struct session s;
    char answer[80];
    begin(&s);
    test_case("tests all the PSRAM that is free, without the model, and says that it held");
    session_command(&s, "probe psram");
    snprintf(answer, sizeof answer, ",\"bytes\":%d,\"errors\":0}", PSRAM - 16);
    CHECK(session_said(&s, "\"kind\":\"psram\",\"us\":") && session_said(&s, answer));
    CHECK(!session_said(&s, "\"offset\"") && !session_said(&s, "\"data_bits\""));
    EQUAL(s.native.arena[BENCH_PSRAM].used, 0);
    test_case("tests a given number of bytes, as often as it is told");
    s.native.worked[TL_KERNEL_COPY] = 0;
    session_command(&s, "probe psram size=4096 repeat=3");
    CHECK(session_said(&s, ",\"bytes\":4096,\"errors\":0}"));
    EQUAL(s.native.worked[TL_KERNEL_COPY], 3 * (9 * 4096 + 10 * 2 * 4));
    test_case("refuses half words, more than there is, and more passes than somebody would wait for");
    session_command(&s, "probe psram size=4098");
    CHECK(session_refused(&s, "bad_value", "multiple of 4"));
    session_command(&s, "probe psram size=400000");
    CHECK(session_refused(&s, "no_memory", "psram"));
    session_command(&s, "probe psram repeat=100");
    CHECK(session_refused(&s, "bad_value", "16777216"));
    test_case("says how often, where first and which bits did not hold");
    weak = &s.native;
    s.native.port.hal.work = weaken;
    session_command(&s, "probe psram size=4096");
    CHECK(session_said(&s, ",\"offset\":16,\"expected\":\"00000000\",\"found\":\"00000020\",\"data_bits\":\"00000020\",\"address_bits\":\"00000000\"}"));
    CHECK(!session_said(&s, "\"errors\":0,"));
    session_end(&s);
    test_case("refuses to test what is not there");
    session_begin(&s, NULL, HEAP, 16);
    session_command(&s, "probe psram");
    CHECK(session_refused(&s, "no_memory", "psram"));
    session_end(&s);
}

int main(int argc, char **argv)
{
    struct test_model truth;
    card = argc > 1 ? argv[1] : ".";
    test_model_make(&truth, test_shape_odd(), 8);
    test_model_write(&truth, card, BENCH_BOOT_FOLDER, true);
    check_kernels();
    check_formats();
    check_refusals();
    check_card();
    check_card_refusals();
    check_uart();
    check_psram();
    test_model_free(&truth);
    return test_report();
}
