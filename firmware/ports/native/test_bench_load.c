/* `load` with strategies and packed formats: what it answers, what it leaves behind when it fails, and what lies where. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_model.h"
#include "native_session.h"
#include "bench_load.h"

#define FOLDER "packed"
#define HEAP 294912
#define PSRAM 1048576

static const char *card;

static struct tl_config shape(enum tl_format format)
{
    struct tl_config c = {
        .hidden = 64, .ffn = 80, .layers = 2, .heads = 4, .kv_heads = 2, .head_dim = 16, .vocab = 300, .max_context = 40,
        .norm_eps = 1e-5f, .rope_theta = 10000.0, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
    for (int t = 0; t < TL_TENSOR_COUNT; t++) c.format[t] = tl_tensor_format_key((enum tl_tensor)t) ? format : TL_FLOAT32;
    return c;
}

static void write_model(enum tl_format format)
{
    const struct tl_config c = shape(format);
    fast_write(&c, card, FOLDER, 5, 8.0f);
    fast_write_screen(&c, card, FOLDER);
}

static void check_clean(struct session *s)
{
    CHECK(!s->bench.loaded.ready);
    EQUAL(s->native.open_files, 0);
    EQUAL(s->native.arena[BENCH_HEAP].used, 0);
    EQUAL(s->native.arena[BENCH_PSRAM].used, 0);
}

static void refuses(struct session *s, const char *load, const char *code, const char *message)
{
    session_command(s, load);
    if (!session_refused(s, code, message)) printf("%s", session_heard(s));
    check_clean(s);
}

static bool accepts(struct session *s, const char *load)
{
    session_command(s, load);
    if (!CHECK(session_said(s, "\"reads\":") && s->bench.loaded.ready)) printf("%s", session_heard(s));
    return s->bench.loaded.ready;
}

static void generates(struct session *s)
{
    session_command(s, "prompt 0 1 5 9");
    session_command(s, "generate max=3 eos=0");
    CHECK(session_said(s, "\"tokens\":3,\"stop\":\"max\""));
}

static void check_places(void)
{
    struct session s;
    write_model(TL_INT8_ROW);
    session_begin(&s, card, HEAP, PSRAM);
    test_case("says how a streamed model runs: nothing is resident");
    accepts(&s, "load " FOLDER);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"r\":\"model\",\"n\":\"abc\",\"q\":3,\"format\":\"int8_row\",\"hidden\":64,"));
    CHECK(session_said(&s, "\"strategy\":\"seed\",\"batch\":1,\"chunk_bytes\":0,\"bounce_bytes\":0,\"list_bytes\":0,\"head\":\"card\","
                           "\"head_bytes\":0,\"screen\":\"none\",\"screen_bytes\":0,\"layers\":\"card\",\"layer_bytes\":0,"
                           "\"embed\":\"card\",\"table_bytes\":0,\"resident_bytes\":0}"));
    test_case("says what is resident where");
    session_command(&s, "set strategy fast");
    session_command(&s, "set batch 3");
    accepts(&s, "load " FOLDER);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"strategy\":\"fast\",\"batch\":3,\"chunk_bytes\":16384,\"bounce_bytes\":32768,"));
    CHECK(session_said(&s, "\"head\":\"psram\",\"head_bytes\":20400,\"screen\":\"none\",\"screen_bytes\":0,\"layers\":\"psram\","));
    CHECK(session_said(&s, "\"embed\":\"psram\",\"table_bytes\":20400,"));
    generates(&s);
    session_command(&s, "set resident 10");
    session_command(&s, "set screen checked");
    accepts(&s, "load " FOLDER);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"head\":\"card\",\"head_bytes\":0,\"screen\":\"checked\",\"screen_bytes\":11104,\"layers\":\"flash\","));
    CHECK(session_said(&s, "\"embed\":\"card\",\"table_bytes\":0,\"resident_bytes\":11104}"));
    generates(&s);
    session_end(&s);
    test_case("calls formats that differ mixed");
    struct tl_config c = shape(TL_INT4);
    c.format[TL_HEAD] = TL_INT8_ROW;
    fast_write(&c, card, FOLDER, 5, 1.0f);
    session_begin(&s, card, HEAP, PSRAM);
    accepts(&s, "load " FOLDER);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"format\":\"mixed\","));
    session_end(&s);
}

static void check_flash(void)
{
    struct session s;
    write_model(TL_INT8_ROW);
    session_begin(&s, card, HEAP, PSRAM);
    session_command(&s, "set strategy fast");
    session_command(&s, "set resident 8");
    test_case("says how many bytes it programmed into the flash, and nothing when they were there");
    accepts(&s, "load " FOLDER);
    CHECK(session_said(&s, ",\"flashed\":"));
    generates(&s);
    accepts(&s, "load " FOLDER);
    CHECK(!session_said(&s, "flashed"));
    session_command(&s, "load " FOLDER);
    test_case("a partition that refuses, or keeps badly what it took, is said by name, and the board goes on");
    const uint32_t operations[] = {1, 2};
    for (size_t i = 0; i < 2; i++) {
        memset(s.native.flash, 0xff, s.native.flash_bytes);
        uint32_t *fault = i == 0 ? &s.native.refused_flash : &s.native.spoiled_flash;
        *fault = s.native.flash_operations + operations[i];
        refuses(&s, "load " FOLDER, "flash", "partition");
        *fault = 0;
    }
    accepts(&s, "load " FOLDER);
    generates(&s);
    session_end(&s);
}

/** Every size of a memory either carries the model or is refused with nothing left behind. */
static void sweep_memory(enum bench_memory kind, uint32_t enough, const char *resident)
{
    uint32_t refused = 0, loaded = 0;
    for (uint32_t bytes = 512; bytes <= enough; bytes += bytes / 9 / 16 * 16 + 16) {
        struct session s;
        session_begin(&s, card, kind == BENCH_HEAP ? bytes : HEAP, kind == BENCH_PSRAM ? bytes : PSRAM);
        session_command(&s, "set strategy fast");
        session_command(&s, resident);
        session_command(&s, "load " FOLDER);
        if (s.bench.loaded.ready) {
            loaded++;
            generates(&s);
        } else {
            refused++;
            EQUAL(loaded, 0); /* more memory never carries less */
            CHECK(session_refused(&s, "no_memory", "needs"));
            check_clean(&s);
        }
        session_end(&s);
    }
    CHECK(refused > 3);
    CHECK(loaded > 3);
}

static void check_memory(void)
{
    write_model(TL_FLOAT32);
    test_case("carries the model with any PSRAM that is enough, and leaves nothing behind with less");
    sweep_memory(BENCH_PSRAM, 600000, "set resident 31");
    sweep_memory(BENCH_PSRAM, 200000, "set resident 10");
    test_case("likewise with internal heap");
    sweep_memory(BENCH_HEAP, HEAP, "set resident 10");
}

/** Bytes of PSRAM that the loaded model holds, headers and all. */
static uint32_t psram_used(const char *resident, uint32_t psram)
{
    struct session s;
    session_begin(&s, card, HEAP, psram);
    session_command(&s, "set strategy fast");
    session_command(&s, resident);
    accepts(&s, "load " FOLDER);
    session_command(&s, "info");
    const uint32_t used = s.native.arena[BENCH_PSRAM].used;
    const bool whole = session_said(&s, "\"screen\":\"certain\"");
    CHECK(whole != session_said(&s, "\"screen_context\":"));
    session_end(&s);
    return whole ? used : 0;
}

static void check_left_out(void)
{
    struct session s;
    char line[80];
    write_model(TL_FLOAT32);
    test_case("takes the screen while it fits to the last byte of PSRAM");
    const uint32_t used = psram_used("set resident 2", PSRAM);
    EQUAL(psram_used("set resident 2", used), used);
    for (uint32_t less = 16; less < 2000; less += 16) EQUAL(psram_used("set resident 2", used - less), 0);
    test_case("says so when the screen did not fit, and the longest context with which it does");
    session_begin(&s, card, HEAP, used - 1500);
    session_command(&s, "set strategy fast");
    session_command(&s, "set resident 2");
    accepts(&s, "load " FOLDER);
    CHECK(session_said(&s, "W (") && session_said(&s, "The head's screen (11104 bytes) has no room in PSRAM"));
    const uint32_t context = s.bench.loaded.model.need.screen_context;
    CHECK(context > 30 && context < 40);
    snprintf(line, sizeof line, "Context that would leave it room: %u\n", context);
    if (!CHECK(session_said(&s, line))) printf("%s", session_heard(&s));
    generates(&s);
    snprintf(line, sizeof line, "set context %u", context);
    session_command(&s, line);
    accepts(&s, "load " FOLDER);
    CHECK(!session_said(&s, "no room") && s.bench.loaded.model.need.screen_bytes == 11104);
    snprintf(line, sizeof line, "set context %u", context + 1);
    session_command(&s, line);
    accepts(&s, "load " FOLDER);
    CHECK(session_said(&s, "no room"));
    test_case("says nothing of a screen that is not wanted, or not needed");
    session_command(&s, "set context 40");
    session_command(&s, "set screen off");
    accepts(&s, "load " FOLDER);
    CHECK(!session_said(&s, "no room"));
    session_end(&s);
    session_begin(&s, card, HEAP, PSRAM);
    session_command(&s, "set strategy fast");
    accepts(&s, "load " FOLDER);
    session_command(&s, "info");
    CHECK(!session_said(&s, "no room") && !session_said(&s, "screen_context"));
    session_end(&s);
}

/* Room for all of a model in two gaps, of which neither holds what is resident. */
static void check_gaps(void)
{
    struct session s;
    test_case("keeps less resident when PSRAM has gaps, and loads");
    write_model(TL_FLOAT32);
    session_begin(&s, card, HEAP, PSRAM);
    void *first = bench_arena_take(&s.native.arena[BENCH_PSRAM], 80000);
    void *wall = bench_arena_take(&s.native.arena[BENCH_PSRAM], PSRAM - 80000 - 100000);
    bench_arena_give(&s.native.arena[BENCH_PSRAM], first);
    session_command(&s, "set strategy fast");
    accepts(&s, "load " FOLDER);
    CHECK(s.bench.loaded.model.need.resident_bytes > 0 && s.bench.loaded.model.need.resident_bytes < 100000);
    generates(&s);
    bench_unload(&s.bench);
    bench_arena_give(&s.native.arena[BENCH_PSRAM], wall);
    session_end(&s);
}

static void check_batch(void)
{
    struct session s;
    struct tl_config c = shape(TL_FLOAT32);
    c.ffn = 400;
    test_case("takes fewer positions at a time rather than more than 64 KB for activations, and as many as that holds");
    fast_write(&c, card, FOLDER, 5, 8.0f);
    session_begin(&s, card, HEAP, PSRAM);
    session_command(&s, "set strategy fast");
    session_command(&s, "set batch 32");
    accepts(&s, "load " FOLDER);
    const struct tl_need *need = &s.bench.loaded.model.need;
    CHECK(need->batch > 1 && need->batch < 32);
    CHECK(need->internal_bytes <= 65536 && need->internal_bytes + need->internal_bytes / need->batch > 65536);
    generates(&s);
    session_end(&s);
}

static void check_pieces(void)
{
    struct session s;
    write_model(TL_FLOAT32);
    test_case("takes internal RAM in pieces, and says how much is in one when it is not enough");
    session_begin(&s, card, HEAP, PSRAM);
    session_command(&s, "set strategy fast");
    session_command(&s, "set resident 10");
    accepts(&s, "load " FOLDER);
    const struct tl_need need = s.bench.loaded.model.need;
    CHECK(need.internal_bytes > 0 && need.internal_bytes <= 65536);
    EQUAL(need.bounce_bytes, 32768);
    CHECK(need.list_bytes > 0 && need.list_bytes <= 65536);
    EQUAL(s.native.arena[BENCH_HEAP].used,
          ((need.internal_bytes + 15) & ~15u) + ((need.list_bytes + 15) & ~15u) + need.bounce_bytes + 3 * 16);
    bench_unload(&s.bench);
    void *low = bench_arena_take(&s.native.arena[BENCH_HEAP], 120000);
    void *wall = bench_arena_take(&s.native.arena[BENCH_HEAP], 16);
    bench_arena_give(&s.native.arena[BENCH_HEAP], low);
    session_command(&s, "set chunk_bytes 65536");
    accepts(&s, "load " FOLDER);
    bench_unload(&s.bench);
    void *high = bench_arena_take(&s.native.arena[BENCH_HEAP], HEAP - 120016 - 32 - 44000);
    session_command(&s, "load " FOLDER);
    CHECK(session_refused(&s, "no_memory", "the model's bounce buffer (chunk_bytes) needs 131072 bytes of internal heap in one piece: "));
    CHECK(session_refused(&s, "no_memory", " are free, the largest block has "));
    bench_arena_give(&s.native.arena[BENCH_HEAP], high);
    bench_arena_give(&s.native.arena[BENCH_HEAP], wall);
    session_end(&s);
}

static void check_scales(void)
{
    struct session s;
    unsigned char row[68] = {0};
    write_model(TL_INT8_ROW);
    session_begin(&s, card, HEAP, PSRAM);
    test_case("a scale that is not finite ends the run with bad_weights and the file's name");
    uint32_t bytes;
    unsigned char *data = fast_read_file(card, FOLDER, "up_proj.bin", &bytes);
    memcpy(row, data, 4);
    memcpy(data, "\0\0\xc0\x7f", 4);
    test_write_file(card, FOLDER, "up_proj.bin", data, bytes);
    accepts(&s, "load " FOLDER);
    session_command(&s, "prompt 0 1 5");
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_refused(&s, "bad_weights", FOLDER "/up_proj.bin"));
    memcpy(data, row, 4);
    test_write_file(card, FOLDER, "up_proj.bin", data, bytes);
    free(data);
    accepts(&s, "load " FOLDER);
    generates(&s);
    test_case("a broken scales' file is refused by its own name");
    write_model(TL_INT8);
    test_write_file(card, FOLDER, "quantization_scales.json", "{\"q_proj\":", 10);
    refuses(&s, "load " FOLDER, "bad_config", FOLDER "/quantization_scales.json is");
    test_remove_file(card, FOLDER, "quantization_scales.json");
    refuses(&s, "load " FOLDER, "no_file", FOLDER "/quantization_scales.json is not on the card");
    write_model(TL_INT8);
    accepts(&s, "load " FOLDER);
    generates(&s);
    session_end(&s);
}

/** A manifest with the CRC of one file, all others being left out. */
static void write_manifest(const char *name, uint32_t change)
{
    char text[2048];
    static const char *const others[] = {"model_config.json", "lm_head.screen", NULL};
    size_t at = (size_t)snprintf(text, sizeof text, "{\"manifest\":1,\"weight_format\":\"int8_row\",\"files\":[");
    for (int i = 0; i < TL_TENSOR_COUNT + 2; i++) {
        const char *file = i < TL_TENSOR_COUNT ? test_file_names[i] : others[i - TL_TENSOR_COUNT];
        uint32_t bytes;
        unsigned char *data = fast_read_file(card, FOLDER, file, &bytes);
        const uint32_t crc = session_crc(data, bytes) ^ (strcmp(file, name) == 0 ? change : 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s{\"name\":\"%s\",\"bytes\":%u,\"crc32\":\"%08x\"}", i ? "," : "", file,
                               bytes, crc);
        free(data);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "]}");
    test_write_file(card, FOLDER, "manifest.json", text, (uint32_t)at);
}

static void check_verify(void)
{
    struct session s;
    write_model(TL_INT8_ROW);
    session_begin(&s, card, HEAP, PSRAM);
    test_case("verifies every file before it loads, when it is told to");
    write_manifest("none", 0);
    session_command(&s, "load " FOLDER);
    const uint64_t read = s.bench.loaded.model.card.traffic.bytes;
    accepts(&s, "load " FOLDER " verify=1");
    CHECK(s.bench.loaded.model.card.traffic.bytes > read + 100000);
    generates(&s);
    test_case("refuses a file that is not what the manifest says, by name, and keeps nothing");
    write_manifest("v_proj.bin", 1);
    refuses(&s, "load " FOLDER " verify=1", "bad_hash", FOLDER "/v_proj.bin is not what manifest.json says");
    accepts(&s, "load " FOLDER);
    test_case("cannot verify by a manifest without CRCs, or without a manifest");
    test_write_file(card, FOLDER, "manifest.json", "{}", 2);
    refuses(&s, "load " FOLDER " verify=1", "bad_config", FOLDER "/manifest.json: files");
    test_remove_file(card, FOLDER, "manifest.json");
    refuses(&s, "load " FOLDER " verify=1", "bad_card", "has no manifest.json");
    refuses(&s, "load " FOLDER " verify=1 manifest=0", "bad_config", "manifest.json");
    accepts(&s, "load " FOLDER " manifest=0");
    test_case("takes no other options");
    session_command(&s, "load " FOLDER " verify=2");
    CHECK(session_refused(&s, "bad_arg", "verify=1"));
    session_command(&s, "load " FOLDER " twice");
    CHECK(session_refused(&s, "bad_arg", "manifest=0"));
    CHECK(s.bench.loaded.ready);
    session_end(&s);
    test_case("verifying takes internal heap, and says so when there is none");
    write_model(TL_INT8_ROW);
    session_begin(&s, card, 12288, PSRAM);
    refuses(&s, "load " FOLDER " verify=1", "no_memory", "verifying needs 16384 bytes of internal heap in one piece: 12288 are free, the largest block has 12272");
    session_end(&s);
}

static void check_boot(void)
{
    struct session s;
    const struct tl_config c = shape(TL_INT8);
    test_case("boots with the seeds' int8 folder when there is no float32 one");
    fast_write(&c, card, BENCH_BOOT_FOLDER_INT8, 6, 1.0f);
    session_begin(&s, card, HEAP, PSRAM);
    CHECK(s.bench.loaded.ready);
    CHECK(strcmp(s.bench.loaded.folder, BENCH_BOOT_FOLDER_INT8) == 0);
    session_end(&s);
    test_case("prefers the float32 folder, and does not fall back from a broken one");
    const struct tl_config whole = shape(TL_FLOAT32);
    fast_write(&whole, card, BENCH_BOOT_FOLDER, 6, 1.0f);
    session_begin(&s, card, HEAP, PSRAM);
    CHECK(strcmp(s.bench.loaded.folder, BENCH_BOOT_FOLDER) == 0);
    session_end(&s);
    test_remove_file(card, BENCH_BOOT_FOLDER, "q_proj.bin");
    session_begin(&s, card, HEAP, PSRAM);
    CHECK(!s.bench.loaded.ready);
    s.heard_from = 0;
    CHECK(session_said(&s, BENCH_BOOT_FOLDER "/q_proj.bin is not on the card"));
    session_end(&s);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    check_places();
    check_flash();
    check_memory();
    check_left_out();
    check_gaps();
    check_batch();
    check_pieces();
    check_scales();
    check_verify();
    check_boot();
    return test_report();
}
