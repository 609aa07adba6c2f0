/* Sessions of the bench protocol, by machines, by people, and over a bad line. */

#include <stdio.h>
#include <stdlib.h>
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

static void check_prompt(void)
{
    struct session s;
    begin(&s);
    test_case("prompts go in chunks, without gaps, and no longer than the context");
    session_command(&s, "prompt 1 5");
    CHECK(session_refused(&s, "gap", "are 0"));
    session_command(&s, "prompt 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25");
    session_command(&s, "prompt 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39");
    CHECK(session_said(&s, "\"count\":39}"));
    session_command(&s, "prompt 39 40 41");
    CHECK(session_refused(&s, "too_long", "which is 40"));
    EQUAL(s.bench.loaded.count, 39);
    session_command(&s, "prompt 41 1");
    CHECK(session_refused(&s, "gap", "are 39"));
    session_command(&s, "prompt 39 40");
    CHECK(session_said(&s, "\"count\":40}"));
    session_command(&s, "prompt 40 40");
    CHECK(session_refused(&s, "too_long", ""));
    test_case("a chunk with one bad id changes nothing");
    session_command(&s, "prompt 0 1 53");
    CHECK(session_refused(&s, "bad_token", "53"));
    session_command(&s, "prompt 0 1 -2");
    CHECK(session_refused(&s, "bad_token", "-2"));
    session_command(&s, "prompt 0 4294967297");
    CHECK(session_refused(&s, "bad_token", "4294967297"));
    session_command(&s, "prompt 0");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_command(&s, "prompt");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_command(&s, "prompt x 1");
    CHECK(session_refused(&s, "bad_arg", ""));
    EQUAL(s.bench.loaded.count, 40);
    EQUAL(s.bench.loaded.ids[39], 40);
    test_case("a full context makes one token and stops there");
    session_command(&s, "generate max=5 eos=0");
    EQUAL(session_count(&s, "\"r\":\"tok\""), 1);
    CHECK(session_said(&s, "\"stop\":\"context\""));
    test_case("two free places make three tokens: the last needs none");
    session_command(&s, "prompt 38 1");
    session_command(&s, "prompt 37 1");
    CHECK(session_said(&s, "\"count\":38}"));
    session_command(&s, "generate max=5 eos=0");
    CHECK(session_said(&s, "\"tokens\":3,\"stop\":\"context\""));
    session_end(&s);
}

/** The value of `"key":"xxxxxxxx"` in the `index`th record of a kind. */
static void find_hex(const struct session *s, const char *kind, int index, const char *key, char out[9])
{
    char mark[40];
    const char *at = session_heard(s);
    snprintf(mark, sizeof mark, "{\"r\":\"%s\"", kind);
    out[0] = '\0';
    for (int i = 0; i <= index && at; i++) at = strstr(i ? at + 1 : at, mark);
    snprintf(mark, sizeof mark, "\"%s\":\"", key);
    if (at) at = strstr(at, mark);
    if (at) snprintf(out, 9, "%s", at + strlen(mark));
}

static void check_generate(void)
{
    struct session s;
    char first[9], second[9];
    begin(&s);
    session_command(&s, "prompt 0 1 2 3");
    test_case("reports every token, the stages, both phases and the end, in this order");
    session_command(&s, "generate max=4 eos=0");
    const char *heard = session_heard(&s);
    static const char *const order[] = {
        "\"r\":\"ack\"", "Starting inference with prompt length: 3\n", "\"r\":\"tok\"", "\"i\":0,", "\"i\":3,", "Generated 4 tokens\n",
        "Generated tokens: ", "Inference completed: 4 tokens in ", " tokens/sec)\n", "\"r\":\"stage\"", "\"name\":\"prefill\",\"forwards\":3,",
        "\"name\":\"decode\",\"forwards\":3,", "\"r\":\"done\"", "\"prompt\":3,\"tokens\":4,\"stop\":\"max\",\"first_us\":",
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *at = strstr(heard, order[i]);
        if (!CHECK(at != NULL)) printf("    missing or out of order: %s\n", order[i]);
        if (at) heard = at;
    }
    test_case("repeats to the bit");
    find_hex(&s, "done", 0, "logits_crc", first);
    session_command(&s, "generate max=4 eos=0");
    find_hex(&s, "done", 0, "logits_crc", second);
    CHECK(strlen(first) == 8 && strcmp(first, second) == 0);
    test_case("computes the same without the head during prefill, in fewer reads");
    session_command(&s, "set prefill_head 0");
    session_command(&s, "generate max=4 eos=0");
    find_hex(&s, "done", 0, "logits_crc", second);
    CHECK(strcmp(first, second) == 0);
    test_case("a seed repeats, another seed differs");
    session_command(&s, "generate max=12 eos=0 temp=2000 seed=1");
    find_hex(&s, "done", 0, "tokens_crc", first);
    session_command(&s, "generate max=12 eos=0 temp=2000 seed=1");
    find_hex(&s, "done", 0, "tokens_crc", second);
    CHECK(strcmp(first, second) == 0);
    session_command(&s, "generate max=12 eos=0 temp=2000 seed=2");
    find_hex(&s, "done", 0, "tokens_crc", second);
    CHECK(strcmp(first, second) != 0);
    test_case("refuses options it does not know or cannot take, before anything runs");
    session_command(&s, "generate speed=9");
    CHECK(session_refused(&s, "bad_key", "speed=9"));
    session_command(&s, "generate max=0");
    CHECK(session_refused(&s, "bad_value", "max=0"));
    session_command(&s, "generate topk=65");
    CHECK(session_refused(&s, "bad_value", "topk=65"));
    session_command(&s, "generate logits=some");
    CHECK(session_refused(&s, "bad_value", "logits=some"));
    session_command(&s, "generate now");
    CHECK(session_refused(&s, "bad_arg", "now"));
    session_end(&s);
}

static void check_eos(void)
{
    struct session s;
    char id[12];
    begin(&s);
    test_case("an end token ends the run and is reported, unless eos=0");
    session_command(&s, "prompt 0 1 2 3");
    session_command(&s, "generate max=1 eos=0");
    const char *at = strstr(session_heard(&s), "\"i\":0,\"id\":");
    snprintf(id, sizeof id, "%s", at ? at + 11 : "");
    s.bench.loaded.model.config.eos[1] = (uint32_t)atoi(id);
    session_command(&s, "generate max=3");
    CHECK(session_said(&s, "\"tokens\":1,\"stop\":\"eos\""));
    session_command(&s, "generate max=1");
    CHECK(session_said(&s, "\"tokens\":1,\"stop\":\"eos\""));
    session_command(&s, "generate max=3 eos=0");
    CHECK(session_said(&s, "\"tokens\":3,\"stop\":\"max\""));
    session_end(&s);
}

static uint32_t base64_value(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(alphabet, c);
    return at ? (uint32_t)(at - alphabet) : 0;
}

/** Decodes the `logits` records of what was heard; returns how many bytes. */
static uint32_t decode_logits(const struct session *s, unsigned char *out)
{
    uint32_t count = 0;
    for (const char *at = session_heard(s); (at = strstr(at, "\"d\":\"")) != NULL;) {
        for (at += 5; *at != '"'; at += 4) {
            const uint32_t group = base64_value(at[0]) << 18 | base64_value(at[1]) << 12 | base64_value(at[2]) << 6 | base64_value(at[3]);
            out[count++] = (unsigned char)(group >> 16);
            if (at[2] != '=') out[count++] = (unsigned char)(group >> 8);
            if (at[3] != '=') out[count++] = (unsigned char)group;
        }
    }
    return count;
}

static void check_logits(void)
{
    struct session s;
    unsigned char bytes[1024];
    char crc[9], said[9];
    begin(&s);
    session_command(&s, "prompt 0 1 2 3");
    test_case("full logits come whole, in order, and have the CRC that is reported");
    session_command(&s, "generate max=1 logits=full");
    const uint32_t count = decode_logits(&s, bytes);
    EQUAL(count, 53 * 4);
    find_hex(&s, "tok", 0, "crc", said);
    snprintf(crc, sizeof crc, "%08x", session_crc(bytes, count));
    CHECK(strcmp(crc, said) == 0);
    CHECK(memcmp(bytes, s.bench.loaded.model.state.logits, count) == 0);
    CHECK(session_said(&s, "\"o\":0,\"d\":\"") && session_said(&s, "\"o\":48,\"d\":\""));
    EQUAL(session_count(&s, "\"r\":\"logits\""), 2);
    test_case("the run's CRC goes on over all of its logits");
    session_command(&s, "generate max=2 eos=0 logits=full");
    EQUAL(decode_logits(&s, bytes), 2 * 53 * 4);
    find_hex(&s, "done", 0, "logits_crc", said);
    snprintf(crc, sizeof crc, "%08x", session_crc(bytes, 2 * 53 * 4));
    CHECK(strcmp(crc, said) == 0);
    test_case("top comes with five ids, largest first; crc and none without");
    session_command(&s, "generate max=2 eos=0 logits=top");
    EQUAL(session_count(&s, "\"r\":\"top\""), 2);
    EQUAL(session_count(&s, "\"r\":\"logits\""), 0);
    session_command(&s, "generate max=2 eos=0 logits=none");
    EQUAL(session_count(&s, "crc\":"), 1);
    test_case("score reports every position from 1, and its time is the run's");
    session_command(&s, "prompt 0 1 2 3 4");
    session_command(&s, "score logits=crc");
    EQUAL(session_count(&s, "\"r\":\"lp\""), 3);
    CHECK(session_said(&s, "\"i\":1,\"id\":2,\"lp\":\"") && session_said(&s, "\"i\":3,\"id\":4,\"lp\":\""));
    CHECK(session_said(&s, "\"name\":\"prefill\",\"forwards\":1,") && session_said(&s, "\"name\":\"decode\",\"forwards\":2,"));
    CHECK(session_said(&s, "\"tokens\":3,"));
    session_command(&s, "prompt 0 1");
    session_command(&s, "score");
    CHECK(session_refused(&s, "no_prompt", "at least 2"));
    session_end(&s);
}

static void check_cancel(void)
{
    struct session s;
    begin(&s);
    session_command(&s, "prompt 0 1 2 3 4");
    test_case("Ctrl-X ends a run at the next token");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 6; /* four polls of the prefill, one after the first token, this one */
    session_command(&s, "generate max=20 eos=0");
    CHECK(session_said(&s, "\"tokens\":2,\"stop\":\"abort\",\"first_us\":"));
    test_case("during the prefill nothing was measured, so nothing is reported");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=20 eos=0");
    CHECK(session_said(&s, "\"tokens\":0,\"stop\":\"abort\",\"psram_peak\":"));
    CHECK(!session_said(&s, "first_us") && !session_said(&s, "ttft_us"));
    CHECK(session_said(&s, "\"name\":\"prefill\",\"forwards\":1,"));
    test_case("score too");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 3;
    session_command(&s, "score");
    CHECK(session_said(&s, "\"tokens\":2,\"stop\":\"abort\""));
    test_case("a command behind the Ctrl-X waits for the end of the run");
    s.native.interruption = "rubbish\x18\nset context\n";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=20 eos=0");
    CHECK(session_refused(&s, "bad_arg", "set takes"));
    EQUAL(session_count(&s, "\"r\":\"err\""), 1);
    test_case("a command during a run without Ctrl-X is answered after it");
    s.native.interruption = "set prefill_head 1\n";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=3 eos=0");
    CHECK(session_said(&s, "\"tokens\":3,\"stop\":\"max\""));
    const char *done = strstr(session_heard(&s), "\"r\":\"done\"");
    CHECK(done && strstr(done, "\"key\":\"prefill_head\",\"value\":1}"));
    session_end(&s);
}

static void check_flood(void)
{
    struct session s;
    char flood[600];
    begin(&s);
    test_case("a flood during a run costs its lines, never the app");
    session_command(&s, "prompt 0 1 2 3 4");
    memset(flood, 'z', sizeof flood);
    flood[sizeof flood - 1] = '\0';
    s.native.interruption = flood;
    s.native.interruption_poll = 1;
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_said(&s, "\"stop\":\"max\""));
    session_raw(&s, "\n");
    CHECK(session_refused(&s, "line_long", ""));
    session_command(&s, "info");
    CHECK(session_said(&s, "\"r\":\"info\""));
    test_case("a line whose end was lost is not taken for a shorter one");
    memset(flood, '\n', 125);
    strcpy(flood + 125, "set prefill_head 1");
    s.native.interruption = flood;
    s.native.interruption_poll = 1;
    session_command(&s, "generate max=2 eos=0");
    session_raw(&s, "\n");
    CHECK(session_refused(&s, "line_long", "") && !session_said(&s, "\"r\":\"knob\""));
    memset(flood, 'z', sizeof flood - 1);
    test_case("a Ctrl-X at its end is heard all the same");
    flood[sizeof flood - 2] = '\x18';
    s.native.interruption = flood;
    s.native.interruption_poll = 1;
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_said(&s, "\"stop\":\"abort\""));
    session_command(&s, "info");
    CHECK(session_said(&s, "\"r\":\"info\""));
    session_end(&s);
}

static void check_knobs(void)
{
    struct session s;
    begin(&s);
    test_case("lists knobs with defaults and ranges that fit the model");
    session_command(&s, "set");
    CHECK(session_said(&s, "\"key\":\"context\",\"value\":40,\"default\":40,\"min\":1,\"max\":40}"));
    CHECK(session_said(&s, "\"key\":\"head_rows\",\"value\":256,\"default\":256,"));
    CHECK(session_said(&s, "\"key\":\"mlp_bytes\",\"value\":98304,"));
    CHECK(session_said(&s, "\"key\":\"prefill_head\",\"value\":1,\"default\":1,\"min\":0,\"max\":1}"));
    test_case("refuses unknown keys and values out of range, and keeps the value");
    session_command(&s, "set speed 9");
    CHECK(session_refused(&s, "bad_key", "speed"));
    session_command(&s, "set context 41");
    CHECK(session_refused(&s, "bad_value", "from 1 to 40"));
    session_command(&s, "set prefill_head yes");
    CHECK(session_refused(&s, "bad_value", "prefill_head"));
    session_command(&s, "set context");
    CHECK(session_refused(&s, "bad_arg", ""));
    test_case("a knob of the load takes effect at the next load");
    session_command(&s, "set context 9");
    CHECK(session_said(&s, "\"key\":\"context\",\"value\":9}"));
    session_command(&s, "info");
    CHECK(session_said(&s, "\"context\":40,"));
    session_command(&s, "load " BENCH_BOOT_FOLDER);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"context\":9,"));
    test_case("load refuses folders that lead out of the card");
    session_command(&s, "load ../secret");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_command(&s, "load /etc");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_command(&s, "load");
    CHECK(session_refused(&s, "bad_arg", ""));
    CHECK(s.bench.loaded.ready);
    session_end(&s);
}

static void check_baud(void)
{
    struct session s;
    begin(&s);
    test_case("switches the rate after its ack has left, and keeps it once a valid line came");
    session_command(&s, "baud 921600");
    CHECK(session_said(&s, "\"q\":2}"));
    EQUAL(s.native.baud, 921600);
    EQUAL(s.native.flushes, 1);
    session_command_as(&s, 2, "baud 921600");
    CHECK(session_said(&s, "\"q\":2,\"dup\":1}"));
    s.native.silence_us = 10000000;
    session_raw(&s, "");
    EQUAL(s.native.baud, 921600);
    s.native.silence_us = 0;
    test_case("falls back to 115200 when two seconds bring nothing valid");
    session_command(&s, "baud 460800");
    EQUAL(s.native.baud, 460800);
    s.native.silence_us = 2000000;
    session_raw(&s, "\x80\xff\x01\n");
    EQUAL(s.native.baud, 115200);
    test_case("a baud that comes again after the fallback switches again");
    session_command_as(&s, 3, "baud 460800");
    CHECK(session_said(&s, "\"q\":3,\"dup\":1}"));
    EQUAL(s.native.baud, 460800);
    session_command_as(&s, 4, "info");
    test_case("refuses other rates");
    session_command_as(&s, 5, "baud 9600");
    CHECK(session_refused(&s, "bad_arg", "115200"));
    session_command_as(&s, 5, "baud");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_end(&s);
}

static void check_memory_marks(void)
{
    struct session s;
    char mark[64];
    begin(&s);
    test_case("the run's peak starts anew with the prompt, the boot's does not");
    session_command(&s, "set context 2");
    session_command(&s, "load " BENCH_BOOT_FOLDER);
    session_command(&s, "prompt 0 1");
    session_command(&s, "generate max=1");
    const struct bench_arena *psram = &s.native.arena[BENCH_PSRAM];
    CHECK(psram->peak > psram->used);
    snprintf(mark, sizeof mark, "\"psram_peak\":%u,\"psram_peak_run\":%u,", psram->peak, psram->used);
    CHECK(session_said(&s, mark));
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
    check_sequence();
    check_framing();
    check_person();
    check_prompt();
    check_generate();
    check_eos();
    check_logits();
    check_cancel();
    check_flood();
    check_knobs();
    check_baud();
    check_memory_marks();
    check_noise();
    test_model_free(&truth);
    return test_report();
}
