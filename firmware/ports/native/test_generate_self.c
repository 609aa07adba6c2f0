/* Runs of a model whose head is resident and its own screen: what is told of its tokens, and of how it is placed. */

#include <stdio.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_heard.h"
#include "native_session.h"

#define FOLDER "self"
#define HEAP 294912
#define PSRAM 1048576
#define VOCAB 16384u /* with 64 columns the fewest weights that are screened */
#define TOKENS 4

static const char *card;

/** What seed said and knew of each token: its id, and the bits of its log-probability and of its logit. */
static struct {
    uint32_t id[TOKENS];
    char lp[TOKENS][9];
    char logits[TOKENS][9];
    char tokens_crc[9];
} truth;

static void write_model(void)
{
    struct tl_config c = {
        .hidden = 64, .ffn = 24, .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 10, .vocab = VOCAB, .max_context = 20,
        .norm_eps = 1e-5f, .rope_theta = 10000.0, .tied_head = true, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
    c.format[TL_EMBED] = c.format[TL_HEAD] = TL_BINARY;
    fast_write(&c, card, FOLDER, 5, 1);
}

static void begin(struct session *s, const char *const *knobs)
{
    session_begin(s, card, HEAP, PSRAM);
    for (; *knobs; knobs++) session_command(s, *knobs);
    session_command(s, "load " FOLDER);
    CHECK(s->bench.loaded.ready);
    session_command(s, "prompt 0 1 5 9");
}

static void learn_truth(void)
{
    static const char *const seed[] = {NULL};
    struct session s;
    begin(&s, seed);
    for (uint32_t i = 0; i < TOKENS; i++) {
        char command[40];
        snprintf(command, sizeof command, "generate max=%u eos=0", (unsigned)i + 1);
        session_command(&s, command);
        truth.id[i] = heard_uint(&s, "tok", i, "id");
        heard_text(&s, "tok", i, "lp", truth.lp[i]);
        snprintf(truth.logits[i], 9, "%08x", test_bits(s.bench.loaded.model.best.logit));
    }
    heard_text(&s, "done", 0, "tokens_crc", truth.tokens_crc);
    session_end(&s);
}

/** One logit and no CRC. */
static void check_run(struct session *s)
{
    char text[9];
    session_command(s, "generate max=4 eos=0");
    for (uint32_t i = 0; i < TOKENS; i++) {
        EQUAL(heard_uint(s, "tok", i, "id"), truth.id[i]);
        heard_text(s, "tok", i, "logit", text);
        CHECK(strcmp(text, truth.logits[i]) == 0);
        EQUAL(heard_uint(s, "tok", i, "rows"), VOCAB);
        EQUAL(heard_uint(s, "tok", i, "rank"), 1);
        CHECK(!heard_has(s, "tok", i, "lp") && !heard_has(s, "tok", i, "crc"));
    }
    heard_text(s, "done", 0, "tokens_crc", text);
    CHECK(strcmp(text, truth.tokens_crc) == 0);
    CHECK(!heard_has(s, "done", 0, "logits_crc"));
}

static void check_self(const char *screen)
{
    const char *const knobs[] = {"set strategy fast", screen, NULL};
    struct session s;
    char text[9];
    begin(&s, knobs);
    test_case("tells a token by its own logit, of all that were computed");
    check_run(&s);
    test_case("says so where it says how the model is placed");
    session_command(&s, "info");
    CHECK(session_said(&s, "\"head\":\"psram\"") && session_said(&s, "\"screen\":\"self\",\"screen_bytes\":0"));
    test_case("a temperature and score have all logits");
    session_command(&s, "generate max=2 eos=0 temp=900 seed=3");
    CHECK(heard_has(&s, "tok", 1, "lp") && heard_has(&s, "tok", 1, "crc") && !heard_has(&s, "tok", 1, "rows"));
    session_command(&s, "score logits=crc");
    CHECK(heard_has(&s, "lp", 1, "lp") && heard_has(&s, "lp", 1, "crc"));
    test_case("top has the one that is known");
    session_command(&s, "generate max=1 eos=0 logits=top");
    EQUAL(heard_count(&s, "top", 0, "ids"), 1);
    EQUAL(heard_uint(&s, "top", 0, "ids"), truth.id[0]);
    heard_text(&s, "tok", 0, "logit", text);
    CHECK(strcmp(text, truth.logits[0]) == 0);
    session_end(&s);
}

static void check_off(void)
{
    static const char *const knobs[] = {"set strategy fast", "set screen off", NULL};
    struct session s;
    char text[9];
    test_case("without a screen all logits are kept, and told by their CRC");
    begin(&s, knobs);
    session_command(&s, "generate max=4 eos=0");
    for (uint32_t i = 0; i < TOKENS; i++) {
        EQUAL(heard_uint(&s, "tok", i, "id"), truth.id[i]);
        heard_text(&s, "tok", i, "lp", text);
        CHECK(strcmp(text, truth.lp[i]) == 0);
        CHECK(heard_has(&s, "tok", i, "crc") && !heard_has(&s, "tok", i, "rows"));
    }
    session_command(&s, "info");
    CHECK(session_said(&s, "\"head\":\"psram\"") && session_said(&s, "\"screen\":\"none\""));
    session_end(&s);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    write_model();
    learn_truth();
    check_self("set screen certain");
    check_self("set screen checked");
    check_off();
    return test_report();
}
