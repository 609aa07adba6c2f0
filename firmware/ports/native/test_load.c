/* Loading through the app: every way it fails leaves the app usable, the files closed and the memory free. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_packed.h"
#include "native_session.h"

#define FOLDER "load"

static const char *card;

/** What is in use before any model is. */
static void check_clean(struct session *s)
{
    CHECK(!s->bench.loaded.ready);
    EQUAL(s->native.open_files, 0);
    EQUAL(s->native.arena[BENCH_HEAP].used, 0);
    EQUAL(s->native.arena[BENCH_PSRAM].used, 0);
}

static void refuses(struct session *s, const char *code, const char *message)
{
    session_command(s, "load " FOLDER);
    if (!session_refused(s, code, message)) printf("%s", session_heard(s));
    check_clean(s);
    session_command(s, "generate");
    CHECK(session_refused(s, "no_model", ""));
}

static void accepts(struct session *s, const char *load)
{
    session_command(s, load);
    CHECK(session_said(s, "\"reads\":"));
    CHECK(s->bench.loaded.ready);
    EQUAL(s->native.open_files, s->bench.loaded.model.config.tied_head ? 11 : 12);
    session_command(s, "prompt 0 1 5 9");
    session_command(s, "generate max=2 eos=0");
    CHECK(session_said(s, "\"stop\":\"max\""));
}

static void write_longer(const float *data, uint32_t bytes, const char *name)
{
    float longer[8192];
    memcpy(longer, data, bytes);
    longer[bytes / 4] = 0.0f;
    test_write_file(card, FOLDER, name, longer, bytes + 4);
}

static void check_files(struct session *s, const struct test_model *truth)
{
    char expected[128];
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        test_case("a missing, short or long weight file is refused by name and sizes");
        test_remove_file(card, FOLDER, test_file_names[t]);
        snprintf(expected, sizeof expected, FOLDER "/%s is not on the card", test_file_names[t]);
        refuses(s, "no_file", expected);
        const uint32_t bytes = truth->count[t] * 4;
        test_write_file(card, FOLDER, test_file_names[t], truth->tensor[t], bytes - 1);
        snprintf(expected, sizeof expected, "%s has %u bytes, its shape needs %u", test_file_names[t], bytes - 1, bytes);
        refuses(s, "bad_size", expected);
        write_longer(truth->tensor[t], bytes, test_file_names[t]);
        snprintf(expected, sizeof expected, "%s has %u bytes, its shape needs %u", test_file_names[t], bytes + 4, bytes);
        refuses(s, "bad_size", expected);
        test_write_file(card, FOLDER, test_file_names[t], "", 0);
        snprintf(expected, sizeof expected, "%s has 0 bytes, its shape needs %u", test_file_names[t], bytes);
        refuses(s, "bad_size", expected);
        test_write_file(card, FOLDER, test_file_names[t], truth->tensor[t], bytes);
    }
    accepts(s, "load " FOLDER);
}

static void check_configs(struct session *s, const struct test_model *truth)
{
    char text[1024], large[5000];
    test_config_text(&truth->config, text, sizeof text);
    test_case("a missing, empty, broken or oversized configuration is refused");
    test_remove_file(card, FOLDER, "model_config.json");
    refuses(s, "no_file", "model_config.json");
    test_write_file(card, FOLDER, "model_config.json", "", 0);
    refuses(s, "bad_config", "is empty");
    test_write_file(card, FOLDER, "model_config.json", text, 100);
    refuses(s, "bad_config", "is not a JSON object");
    memset(large, ' ', sizeof large);
    memcpy(large, text, strlen(text));
    test_write_file(card, FOLDER, "model_config.json", large, sizeof large);
    refuses(s, "bad_config", "larger than 4096");
    test_case("a configuration of another shape is found out by the files");
    struct tl_config other = truth->config;
    other.vocab += 1;
    test_config_text(&other, text, sizeof text);
    test_write_file(card, FOLDER, "model_config.json", text, (uint32_t)strlen(text));
    refuses(s, "bad_size", "embed_tokens.bin");
    test_model_write(truth, card, FOLDER, true);
    accepts(s, "load " FOLDER);
}

static void check_reads(struct session *s)
{
    test_case("a read that fails during the load is named");
    static const char *const names[] = {"model_config.json", "manifest.json", "manifest.json", "norm1.bin", "norm2.bin", "final_norm.bin"};
    for (uint32_t read = 0; read < 6; read++) {
        s->native.fail_read = s->native.reads + read + 1;
        refuses(s, "card_read", names[read]);
    }
    accepts(s, "load " FOLDER);
    test_case("a read that fails during generate ends it with an error, and the next one works");
    s->native.fail_read = s->native.reads + 40;
    session_command(s, "prompt 0 1 5 9");
    session_command(s, "generate max=2");
    CHECK(session_refused(s, "card_read", "could not be read"));
    session_command(s, "generate max=2 eos=0");
    CHECK(session_said(s, "\"stop\":\"max\""));
}

static void check_manifest(struct session *s, const struct test_model *truth)
{
    test_case("reports the manifest's CRC");
    session_command(s, "info");
    char manifest[5000], expected[40];
    memset(manifest, '9', sizeof manifest);
    snprintf(expected, sizeof expected, "\"manifest\":\"%08x\"", session_crc(manifest, sizeof manifest));
    CHECK(session_said(s, expected));
    test_case("refuses a folder without a manifest, unless it is told to do without");
    test_model_write(truth, card, FOLDER, false);
    refuses(s, "bad_card", "has no manifest.json");
    accepts(s, "load " FOLDER " manifest=0");
    session_command(s, "info");
    CHECK(session_said(s, "\"manifest\":\"-\""));
}

static void check_memory(const struct test_model *truth)
{
    struct session s;
    test_case("says how much PSRAM or heap is missing");
    test_model_write(truth, card, FOLDER, true);
    session_begin(&s, card, 65536, 20000);
    refuses(&s, "no_memory", "bytes of PSRAM");
    session_command(&s, "set context 4");
    session_command(&s, "set head_rows 1");
    session_command(&s, "load " FOLDER);
    CHECK(s.bench.loaded.ready);
    session_end(&s);
    session_begin(&s, card, 2048, 65536);
    refuses(&s, "no_memory", "bytes of internal heap");
    session_end(&s);
    test_case("PSRAM too small even for the scratch is an error, no crash");
    session_begin(&s, card, 65536, 1024);
    refuses(&s, "no_memory", "bytes of PSRAM");
    session_end(&s);
    test_case("without a card, load says so");
    session_begin(&s, NULL, 65536, 65536);
    refuses(&s, "no_card", "no SD card");
    session_end(&s);
}

static void check_bad_weights(struct session *s, struct test_model *truth)
{
    const float kept = truth->tensor[TL_FINAL_NORM][3];
    test_case("weights that are not finite end generate and score with bad_logits");
    truth->tensor[TL_FINAL_NORM][3] = NAN;
    test_model_write(truth, card, FOLDER, true);
    session_command(s, "load " FOLDER);
    session_command(s, "prompt 0 1 5 9");
    session_command(s, "generate");
    CHECK(session_refused(s, "bad_logits", FOLDER));
    session_command(s, "score");
    CHECK(session_refused(s, "bad_logits", FOLDER));
    truth->tensor[TL_FINAL_NORM][3] = kept;
    test_model_write(truth, card, FOLDER, true);
    accepts(s, "load " FOLDER);
}

static void generates(struct session *s)
{
    session_command(s, "prompt 0 1 5 9");
    session_command(s, "generate max=2 eos=0");
    CHECK(session_said(s, "\"stop\":\"max\""));
}

static void check_formats(struct session *s)
{
    static const char zero_scale[] = "{\"o_proj\":[1,1,0],\"embed_tokens\":1}";
    static const uint32_t nan_scale = 0x7fffffff;
    struct test_packed truth;
    struct tl_config config = test_shape_odd();
    test_packed_format(&config, TL_TERNARY);
    config.format[TL_O] = config.format[TL_EMBED] = TL_INT8;
    test_packed_make(&truth, config, 4);
    test_packed_write(&truth, card, FOLDER);
    test_case("another folder is another format, without a flash");
    accepts(s, "load " FOLDER " manifest=0");
    session_command(s, "info");
    CHECK(session_said(s, "\"format\":\"mixed\""));
    test_case("a missing or bad scale of int8 is refused by file and key");
    test_write_file(card, FOLDER, "quantization_scales.json", zero_scale, (uint32_t)strlen(zero_scale));
    session_command(s, "load " FOLDER " manifest=0");
    CHECK(session_refused(s, "bad_config", "quantization_scales.json: o_proj"));
    check_clean(s);
    test_remove_file(card, FOLDER, "quantization_scales.json");
    session_command(s, "load " FOLDER " manifest=0");
    CHECK(session_refused(s, "no_file", "quantization_scales.json"));
    check_clean(s);
    test_case("a NaN scale ends generate by the file's name, and the board stays usable");
    memcpy(truth.data[TL_UP], &nan_scale, 4);
    test_packed_write(&truth, card, FOLDER);
    session_command(s, "load " FOLDER " manifest=0");
    session_command(s, "prompt 0 1 5 9");
    session_command(s, "generate max=2");
    CHECK(session_refused(s, "bad_weights", FOLDER "/up_proj.bin"));
    memset(truth.data[TL_UP], 0, 4);
    test_packed_write(&truth, card, FOLDER);
    session_command(s, "load " FOLDER " manifest=0");
    generates(s);
    test_packed_free(&truth);
}

int main(int argc, char **argv)
{
    struct session s;
    struct test_model truth;
    card = argc > 1 ? argv[1] : ".";
    test_model_make(&truth, test_shape_odd(), 8);
    test_model_write(&truth, card, FOLDER, true);
    session_begin(&s, card, 65536, 200000);
    check_files(&s, &truth);
    check_configs(&s, &truth);
    check_reads(&s);
    check_manifest(&s, &truth);
    check_bad_weights(&s, &truth);
    check_formats(&s);
    session_end(&s);
    check_memory(&truth);
    test_model_free(&truth);
    return test_report();
}
