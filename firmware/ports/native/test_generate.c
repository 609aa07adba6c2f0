/* Prompts, `generate` and `score`: what they report, in which order, to the bit. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_heard.h"
#include "native_model.h"
#include "native_session.h"

#define HEAP 65536
#define PSRAM 400000

static const char *card;

static void begin(struct session *s)
{
    session_begin(s, card, HEAP, PSRAM);
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
    heard_text(&s, "done", 0, "logits_crc", first);
    session_command(&s, "generate max=4 eos=0");
    heard_text(&s, "done", 0, "logits_crc", second);
    CHECK(strlen(first) == 8 && strcmp(first, second) == 0);
    test_case("computes the same without the head during prefill, in fewer reads");
    session_command(&s, "set prefill_head 0");
    session_command(&s, "generate max=4 eos=0");
    heard_text(&s, "done", 0, "logits_crc", second);
    CHECK(strcmp(first, second) == 0);
    test_case("a seed repeats, another seed differs");
    session_command(&s, "generate max=12 eos=0 temp=2000 seed=1");
    heard_text(&s, "done", 0, "tokens_crc", first);
    session_command(&s, "generate max=12 eos=0 temp=2000 seed=1");
    heard_text(&s, "done", 0, "tokens_crc", second);
    CHECK(strcmp(first, second) == 0);
    session_command(&s, "generate max=12 eos=0 temp=2000 seed=2");
    heard_text(&s, "done", 0, "tokens_crc", second);
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

static void check_logits(void)
{
    struct session s;
    float logits[106];
    char crc[9], said[9];
    begin(&s);
    session_command(&s, "prompt 0 1 2 3");
    test_case("full logits come whole, in order, and have the CRC that is reported");
    session_command(&s, "generate max=1 logits=full");
    EQUAL(heard_logits(&s, 0, logits, 106), 53);
    heard_text(&s, "tok", 0, "crc", said);
    snprintf(crc, sizeof crc, "%08x", session_crc(logits, 53 * 4));
    CHECK(strcmp(crc, said) == 0);
    CHECK(memcmp(logits, s.bench.loaded.model.state.logits, 53 * 4) == 0);
    CHECK(session_said(&s, "\"o\":0,\"d\":\"") && session_said(&s, "\"o\":48,\"d\":\""));
    EQUAL(session_count(&s, "\"r\":\"logits\""), 2);
    test_case("the run's CRC goes on over all of its logits");
    session_command(&s, "generate max=2 eos=0 logits=full");
    EQUAL(heard_logits(&s, 0, logits, 53), 53);
    EQUAL(heard_logits(&s, 1, logits + 53, 53), 53);
    heard_text(&s, "done", 0, "logits_crc", said);
    snprintf(crc, sizeof crc, "%08x", session_crc(logits, 2 * 53 * 4));
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

int main(int argc, char **argv)
{
    struct test_model truth;
    card = argc > 1 ? argv[1] : ".";
    test_model_make(&truth, test_shape_odd(), 8);
    test_model_write(&truth, card, BENCH_BOOT_FOLDER, true);
    check_prompt();
    check_generate();
    check_eos();
    check_logits();
    test_model_free(&truth);
    return test_report();
}
