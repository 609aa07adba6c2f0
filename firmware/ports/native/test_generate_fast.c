/* `generate` and `score` with the strategy fast: batches, screens, and records of logits that were not all computed. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_heard.h"
#include "native_model.h"
#include "native_session.h"

#define FOLDER "fast"
#define HEAP 294912
#define PSRAM 1048576
#define VOCAB 300u
#define TOKENS 8

/* Nine ids, so that a batch of 8 leaves one. */
#define PROMPT "prompt 0 1 5 9 30 41 77 123 200 250"

static const char *card;

static struct tl_config shape(void)
{
    return (struct tl_config){
        .hidden = 64, .ffn = 80, .layers = 2, .heads = 4, .kv_heads = 2, .head_dim = 16, .vocab = VOCAB, .max_context = 40,
        .norm_eps = 1e-5f, .rope_theta = 10000.0, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
}

/** A board that has loaded the model after it was told `knobs`, ended by NULL, and has the prompt. */
static void begin(struct session *s, const char *const *knobs)
{
    session_begin(s, card, HEAP, PSRAM);
    for (; *knobs; knobs++) session_command(s, *knobs);
    session_command(s, "load " FOLDER);
    CHECK(s->bench.loaded.ready);
    session_command(s, PROMPT);
}

static const char *const seed[] = {NULL};
static const char *const unscreened[] = {"set strategy fast", "set screen off", NULL};
static const char *const certain[] = {"set strategy fast", "set resident 10", NULL};
static const char *const checked[] = {"set strategy fast", "set resident 10", "set screen checked", "set screen_rows 3", NULL};
static const char *const hopeless[] = {"set strategy fast", "set resident 10", "set screen_rows 1", NULL};

/** What a run said of its tokens: ids and, by a full run of seed's, every logit. */
struct truth {
    uint32_t id[TOKENS];
    float logits[TOKENS][VOCAB];
    char tokens_crc[9];
    char logits_crc[9];
};

static struct truth truth;

static void learn_truth(void)
{
    struct session s;
    begin(&s, seed);
    session_command(&s, "generate max=8 eos=0 logits=full");
    for (uint32_t i = 0; i < TOKENS; i++) {
        truth.id[i] = heard_uint(&s, "tok", i, "id");
        EQUAL(heard_logits(&s, i, truth.logits[i], VOCAB), VOCAB);
    }
    heard_text(&s, "done", 0, "tokens_crc", truth.tokens_crc);
    heard_text(&s, "done", 0, "logits_crc", truth.logits_crc);
    session_end(&s);
}

static void check_same_run(struct session *s)
{
    char text[9];
    heard_text(s, "done", 0, "tokens_crc", text);
    CHECK(strcmp(text, truth.tokens_crc) == 0);
    heard_text(s, "done", 0, "logits_crc", text);
    CHECK(strcmp(text, truth.logits_crc) == 0);
}

static void check_batches(void)
{
    struct session s;
    begin(&s, unscreened);
    test_case("makes the tokens and logits of seed, and counts a batch's positions as so many passes");
    session_command(&s, "generate max=8 eos=0");
    check_same_run(&s);
    CHECK(session_said(&s, "\"name\":\"prefill\",\"forwards\":9,") && session_said(&s, "\"name\":\"decode\",\"forwards\":7,"));
    EQUAL(session_count(&s, "\"rows\":"), 0);
    test_case("computes no head for prompt tokens before the last, whatever prefill_head is");
    const struct tl_need *need = &s.bench.loaded.model.need;
    EQUAL(need->batch, 8);
    s.native.worked[TL_KERNEL_DOT] = 0;
    session_command(&s, "generate max=1 eos=0");
    const uint64_t worked = s.native.worked[TL_KERNEL_DOT];
    session_command(&s, "set prefill_head 0");
    s.native.worked[TL_KERNEL_DOT] = 0;
    session_command(&s, "generate max=1 eos=0");
    EQUAL(s.native.worked[TL_KERNEL_DOT], worked);
    test_case("Ctrl-X is heard between batches");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=8 eos=0");
    CHECK(session_said(&s, "\"tokens\":0,\"stop\":\"abort\"") && session_said(&s, "\"name\":\"prefill\",\"forwards\":8,"));
    test_case("goes on from a prompt that was replaced in its middle");
    session_command(&s, "prompt 4 2");
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_said(&s, "\"name\":\"prefill\",\"forwards\":5,"));
    session_end(&s);
}

/** The token's record, whose other logits were not computed, beside what seed computed. */
static uint32_t check_screened_token(const struct session *s, uint32_t i)
{
    char bits[9], expected[9];
    const uint32_t id = heard_uint(s, "tok", i, "id");
    const uint32_t rows = heard_uint(s, "tok", i, "rows");
    const uint32_t rank = heard_uint(s, "tok", i, "rank");
    EQUAL(id, truth.id[i]);
    heard_text(s, "tok", i, "logit", bits);
    snprintf(expected, sizeof expected, "%08x", test_bits(truth.logits[i][id]));
    CHECK(strcmp(bits, expected) == 0);
    CHECK(rows >= 1 && rows < VOCAB && rank >= 1 && rank <= rows);
    CHECK(!heard_has(s, "tok", i, "lp") && !heard_has(s, "tok", i, "crc"));
    return rows;
}

static void check_certain(void)
{
    struct session s;
    begin(&s, certain);
    test_case("reports a token that a screen chose by its own logit, and no CRC of logits that are not known");
    session_command(&s, "generate max=8 eos=0");
    for (uint32_t i = 0; i < TOKENS; i++) check_screened_token(&s, i);
    char text[9];
    heard_text(&s, "done", 0, "tokens_crc", text);
    CHECK(strcmp(text, truth.tokens_crc) == 0);
    CHECK(!heard_has(&s, "done", 0, "logits_crc"));
    test_case("marks in full logits what was not computed; top lists only what was");
    float logits[VOCAB];
    session_command(&s, "generate max=2 eos=0 logits=full");
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t known = 0;
        EQUAL(heard_logits(&s, i, logits, VOCAB), VOCAB);
        for (uint32_t row = 0; row < VOCAB; row++) {
            const bool same = test_bits(logits[row]) == test_bits(truth.logits[i][row]);
            CHECK(same || test_bits(logits[row]) == 0x7fc00001u);
            known += same;
        }
        EQUAL(known, heard_uint(&s, "tok", i, "rows"));
        EQUAL(heard_count(&s, "top", i, "ids"), known < 5 ? known : 5);
        EQUAL(heard_uint(&s, "top", i, "ids"), heard_uint(&s, "tok", i, "id"));
    }
    test_case("a temperature and score have all logits computed");
    session_command(&s, "generate max=2 eos=0 temp=900 seed=3");
    CHECK(heard_has(&s, "tok", 1, "lp") && heard_has(&s, "tok", 1, "crc") && !heard_has(&s, "tok", 1, "rows"));
    CHECK(heard_has(&s, "done", 0, "logits_crc"));
    session_command(&s, "score logits=crc");
    CHECK(heard_has(&s, "lp", 0, "lp") && heard_has(&s, "lp", 7, "crc") && !heard_has(&s, "lp", 0, "rows"));
    session_end(&s);
}

static void check_others(void)
{
    struct session s;
    test_case("checked: as many rows as it was told");
    begin(&s, checked);
    session_command(&s, "generate max=4 eos=0");
    for (uint32_t i = 0; i < 4; i++) EQUAL(heard_uint(&s, "tok", i, "rows"), 3);
    session_end(&s);
    test_case("says that the whole head was computed where the screen left too many rows");
    begin(&s, hopeless);
    session_command(&s, "generate max=8 eos=0");
    uint32_t whole = 0;
    for (uint32_t i = 0; i < TOKENS; i++) {
        if (heard_uint(&s, "tok", i, "rows") < VOCAB) {
            EQUAL(check_screened_token(&s, i), 1);
            continue;
        }
        whole++;
        EQUAL(heard_uint(&s, "tok", i, "rows"), VOCAB);
        EQUAL(heard_uint(&s, "tok", i, "id"), truth.id[i]);
        CHECK(heard_has(&s, "tok", i, "lp") && heard_has(&s, "tok", i, "crc"));
        CHECK(!heard_has(&s, "tok", i, "logit") && !heard_has(&s, "tok", i, "rank"));
    }
    CHECK(whole > 0);
    EQUAL(heard_has(&s, "done", 0, "logits_crc"), whole == TOKENS);
    session_end(&s);
}

static void check_bad_logits(void)
{
    struct session s;
    uint32_t bytes;
    unsigned char *head = fast_read_file(card, FOLDER, "lm_head.bin", &bytes);
    test_case("an infinite logit ends the run under a screen, too");
    for (uint32_t row = 0; row < VOCAB; row++) memcpy(head + row * 64 * 4, "\0\0\x80\x7f", 4);
    test_write_file(card, FOLDER, "lm_head.bin", head, bytes);
    free(head);
    begin(&s, checked);
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_refused(&s, "bad_logits", FOLDER));
    EQUAL(session_count(&s, "\"r\":\"tok\""), 0);
    session_end(&s);
}

int main(int argc, char **argv)
{
    const struct tl_config c = shape();
    card = argc > 1 ? argv[1] : ".";
    fast_write(&c, card, FOLDER, 5, 8.0f);
    fast_write_screen(&c, card, FOLDER);
    learn_truth();
    check_batches();
    check_certain();
    check_others();
    check_bad_logits();
    return test_report();
}
