/* Sessions of the bench protocol, by machines, by people, and over a bad line. */

#include <stdio.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_session.h"

#define HEAP 65536
#define PSRAM 400000

static const char *card;

static void begin(struct session *s)
{
    session_begin(s, card, HEAP, PSRAM);
}

static void check_boot(void)
{
    struct session s;
    test_case("boots with its record and the seeds' lines, and loads the card's model");
    native_port_init(&s.native, card, HEAP, PSRAM);
    bench_start(&s.bench, &s.native.port);
    s.heard_from = 0;
    CHECK(strncmp(s.native.output, "@{\"r\":\"boot\",\"n\":\"-\",\"proto\":1,\"reset\":\"poweron\",", 48) == 0);
    CHECK(session_said(&s, ") app_main: Tiny-LLM ESP32 Inference Engine Starting\n"));
    CHECK(session_said(&s, ") app_main: Free heap: 65536 bytes\n"));
    CHECK(session_said(&s, ") weight_loader: SD card mounted successfully\n"));
    CHECK(session_said(&s, ") tinyllm_inference: Tiny-LLM inference engine initialized successfully\n"));
    session_end(&s);
    test_case("boots without a card, and says so");
    native_port_init(&s.native, NULL, HEAP, PSRAM);
    bench_start(&s.bench, &s.native.port);
    CHECK(session_said(&s, "W (") && session_said(&s, "weight_loader: No SD card"));
    CHECK(session_said(&s, "waiting for load"));
    CHECK(!session_said(&s, "initialized successfully"));
    session_end(&s);
}

static void check_info(void)
{
    struct session s;
    test_case("info tells chip, memory and model under the session's nonce");
    begin(&s);
    session_command(&s, "info");
    CHECK(session_said(&s, "@{\"r\":\"ack\",\"n\":\"abc\",\"q\":2}*"));
    CHECK(session_said(&s, "\"r\":\"info\",\"n\":\"abc\",\"q\":2,\"proto\":1,\"chip\":\"ESP32\",\"rev\":301,\"cores\":2,"
                           "\"mac\":\"24:6f:28:00:00:01\""));
    CHECK(session_said(&s, "\"card\":1,\"folder\":\"tinyllm_float32_weights\"}"));
    CHECK(session_said(&s, "\"psram\":400000,"));
    CHECK(session_said(&s, "\"stack_free\":4096}"));
    CHECK(session_said(&s, "\"hidden\":22,\"ffn\":37,\"layers\":3,\"heads\":6,\"kv_heads\":2,\"head_dim\":10,\"vocab\":53,"
                           "\"context\":40,\"max_context\":40,"));
    test_case("leaves out a stack that the port cannot tell, and a model that is not loaded");
    s.native.stack_free = BENCH_STACK_UNKNOWN;
    session_command(&s, "load nowhere");
    session_command(&s, "info");
    CHECK(!session_said(&s, "stack_free"));
    CHECK(!session_said(&s, "\"r\":\"model\""));
    CHECK(session_said(&s, "\"folder\":\"-\""));
    session_end(&s);
}

/** No record of a model that a card may describe is longer than a line; session_command_as() measures each. */
static void check_longest(void)
{
    struct session s;
    begin(&s);
    test_case("the longest model and place records fit their lines");
    session_command_as(&s, 1, "hello 0123456789abcdef");
    struct tl_model *model = &s.bench.loaded.model;
    struct tl_config *c = &model->config;
    c->hidden = 65536, c->ffn = 1048576, c->layers = 1024, c->heads = c->kv_heads = c->head_dim = 4096;
    c->vocab = c->max_context = 16777216;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) c->format[t] = TL_TERNARY_2BIT;
    const bool internal_fits = model->need.internal_fits;
    memset(&model->need, 0xff, sizeof model->need);
    model->need.context = TL_MAX_CONTEXT, model->need.internal_fits = internal_fits, model->need.screen_left_out = true;
    model->need.screens_itself = false;
    model->knobs.screen = TL_SCREEN_CERTAIN;
    session_command_as(&s, 2147483647, "info");
    CHECK(session_said(&s, "\"format\":\"ternary_2bit\"") && session_said(&s, "\"norm_bytes\":4294967295}"));
    CHECK(session_said(&s, "\"screen\":\"certain\"") && session_said(&s, "\"screen_context\":4294967295,") && session_said(&s, "\"resident_bytes\":4294967295}"));
    session_end(&s);
}

static void check_sequence(void)
{
    struct session s;
    begin(&s);
    session_command_as(&s, 5, "prompt 0 1 2 3");
    CHECK(session_said(&s, "\"q\":5,\"count\":3}"));
    test_case("the same command again is acknowledged as a duplicate and not executed");
    session_command_as(&s, 6, "prompt 3 4");
    session_command_as(&s, 6, "prompt 3 4");
    CHECK(session_said(&s, "\"q\":6,\"count\":4,\"dup\":1}"));
    EQUAL(s.bench.loaded.count, 4);
    session_command_as(&s, 7, "generate max=1");
    session_command_as(&s, 7, "generate max=1");
    CHECK(session_said(&s, "\"q\":7,\"dup\":1}"));
    CHECK(!session_said(&s, "\"r\":\"tok\""));
    test_case("an older number, or the same with other words, is refused");
    session_command_as(&s, 6, "prompt 3 4");
    CHECK(session_refused(&s, "seq_old", ""));
    session_command_as(&s, 7, "generate max=2");
    CHECK(session_refused(&s, "seq_old", ""));
    test_case("an error does not use up its number");
    session_command_as(&s, 8, "prompt 0 99");
    CHECK(session_refused(&s, "bad_token", "99"));
    session_command_as(&s, 8, "prompt 0 9");
    CHECK(session_said(&s, "\"q\":8,\"count\":1}"));
    test_case("hello starts over, whatever its number, and forgets the prompt");
    session_command_as(&s, 1, "hello xyz");
    CHECK(session_said(&s, "{\"r\":\"ack\",\"n\":\"xyz\",\"q\":1,\"proto\":1}"));
    session_command_as(&s, 2, "generate");
    CHECK(session_refused(&s, "no_prompt", ""));
    test_case("a refused hello leaves the session as it was");
    session_command_as(&s, 3, "hello UPPER");
    CHECK(session_refused(&s, "bad_arg", "nonce"));
    CHECK(session_said(&s, "\"n\":\"xyz\""));
    session_command_as(&s, 3, "hello 12345678901234567");
    CHECK(session_refused(&s, "bad_arg", "nonce"));
    test_case("bye is acknowledged within its session, also when repeated; then there is none");
    session_command_as(&s, 4, "bye");
    CHECK(session_said(&s, "\"n\":\"xyz\",\"q\":4}"));
    session_command_as(&s, 4, "bye");
    CHECK(session_said(&s, "\"n\":\"xyz\",\"q\":4,\"dup\":1}"));
    session_raw(&s, "info\n");
    CHECK(session_said(&s, "{\"r\":\"info\",\"n\":\"-\",\"q\":0,"));
    session_end(&s);
}

static void check_framing(void)
{
    struct session s;
    char line[400];
    begin(&s);
    test_case("a wrong, damaged or missing CRC has no effect");
    session_raw(&s, "#9 prompt 0 1 *00000000\n");
    CHECK(session_refused(&s, "crc", "") && session_said(&s, "\"q\":0,"));
    session_raw(&s, "#9 prompt 0 1 *123\n");
    CHECK(session_refused(&s, "crc", ""));
    session_raw(&s, "#9 prompt 0 1\n");
    CHECK(session_refused(&s, "crc_missing", "") && session_said(&s, "\"q\":0,"));
    session_raw(&s, "#0 info *00000000\n");
    CHECK(session_refused(&s, "crc", ""));
    session_command_as(&s, 0, "info");
    CHECK(session_refused(&s, "bad_arg", "#SEQ"));
    EQUAL(s.bench.loaded.count, 0);
    test_case("unknown verbs are refused by name, in characters that JSON stands");
    session_command(&s, "dan\"ce\\now");
    CHECK(session_refused(&s, "unknown", "dan'ce/now"));
    test_case("a line of 120 bytes is taken, one of 121 is not, and the next one is");
    memset(line, 'x', sizeof line);
    line[119] = '\n', line[120] = '\0';
    session_raw(&s, line);
    CHECK(session_refused(&s, "unknown", "xxx"));
    memset(line, 'x', sizeof line);
    line[120] = '\n', line[121] = '\0';
    session_raw(&s, line);
    CHECK(session_refused(&s, "line_long", ""));
    EQUAL(session_count(&s, "\"r\":\"err\""), 1);
    memset(line, 'x', sizeof line);
    line[350] = '\n', line[351] = '\0';
    session_raw(&s, line);
    EQUAL(session_count(&s, "\"line_long\""), 1);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"r\":\"info\""));
    test_case("a command split at any byte is the same command");
    for (uint32_t cut = 1; cut < 10; cut++) {
        snprintf(line, sizeof line, "prompt 0 7\r\n");
        char head[20];
        snprintf(head, sizeof head, "%.*s", (int)cut, line);
        session_raw(&s, head);
        EQUAL(strlen(session_heard(&s)), 0);
        session_raw(&s, line + cut);
        CHECK(session_said(&s, "\"q\":0,\"count\":1}"));
    }
    test_case("Ctrl-X outside a run clears the line");
    session_raw(&s, "garbage\x18\nprompt 0 7\n");
    EQUAL(session_count(&s, "\"r\":\"err\""), 0);
    CHECK(session_said(&s, "\"count\":1}"));
    session_end(&s);
}

static void check_person(void)
{
    struct session s;
    begin(&s);
    test_case("a person types without number and CRC, with blanks to spare");
    session_raw(&s, "  prompt   0 1 2 \r\n\n\r\ngenerate max=2 eos=0 logits=none\n");
    CHECK(session_said(&s, "\"q\":0,\"count\":2}"));
    EQUAL(session_count(&s, "\"r\":\"tok\""), 2);
    CHECK(!session_said(&s, "crc\":\"") || session_count(&s, "logits_crc") == 0);
    test_case("what a person types does not disturb a machine's numbers");
    session_command(&s, "prompt 0 3");
    CHECK(session_said(&s, "\"q\":2,\"count\":1}"));
    session_end(&s);
}

static void check_noise(void)
{
    struct session s;
    uint64_t seed = 99;
    char noise[80];
    begin(&s);
    test_case("survives 4000 bursts of noise and damaged commands, and serves on");
    for (int i = 0; i < 4000; i++) {
        const uint32_t length = (uint32_t)(test_random(&seed) % 60);
        snprintf(noise, sizeof noise, "#%d prompt 0 1 2 generate max=1 set load info *%08x", i, (unsigned)test_random(&seed));
        for (uint32_t k = 0; k < 6; k++) noise[test_random(&seed) % (length + 1)] = (char)(test_random(&seed) % 255 + 1);
        if (i % 3 == 0) noise[length] = '\n';
        noise[sizeof noise - 1] = '\0';
        session_raw(&s, noise);
        if (i % 200 == 0) {
            s.native.output_length = 0;
            s.native.output[0] = '\0';
        }
    }
    session_raw(&s, "\n");
    session_command_as(&s, 1, "hello again");
    session_command_as(&s, 2, "prompt 0 1 2");
    session_command_as(&s, 3, "generate max=1 eos=0");
    CHECK(session_said(&s, "\"stop\":\"max\""));
    session_end(&s);
}

int main(int argc, char **argv)
{
    struct test_model truth;
    card = argc > 1 ? argv[1] : ".";
    test_model_make(&truth, test_shape_odd(), 8);
    test_model_write(&truth, card, BENCH_BOOT_FOLDER, true);
    check_boot();
    check_info();
    check_longest();
    check_sequence();
    check_framing();
    check_person();
    check_noise();
    test_model_free(&truth);
    return test_report();
}
