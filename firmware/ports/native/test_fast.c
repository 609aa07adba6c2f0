/* The strategy fast against seed, to the bit, whatever the knobs say. */

#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_model.h"
#include "tl_hal.h"
#include "tl_sample.h"

#define FOLDER "fast"
#define CONTEXT 14
#define MODELS 60
#define RUNS 6

static const char *card;
static struct native_port native;

static int (*begin_read)(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes);

/* DMA may write from here on: who still computes with what was there is found out. */
static int begin_read_at_once(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes)
{
    memset(target, 0xaa, bytes);
    return begin_read(ctx, handle, offset, target, bytes);
}

/** What seed said at every position. */
struct truth {
    uint32_t tokens[CONTEXT];
    float *logits; /* (CONTEXT, vocab) */
    struct tl_best best[CONTEXT];
};

static uint32_t below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)(test_random(seed) % n);
}

static void learn(struct truth *truth, const struct tl_config *c, uint64_t *seed)
{
    struct fast_model fast;
    truth->logits = malloc((size_t)CONTEXT * c->vocab * 4);
    EQUAL(fast_open(&fast, &native, FOLDER, fast_knobs(TL_SEED, CONTEXT)), TL_OK);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        truth->tokens[pos] = below(seed, c->vocab);
        EQUAL(tl_forward(&fast.model, &truth->tokens[pos], 1, pos, TL_WANT_LOGITS), TL_OK);
        memcpy(truth->logits + pos * c->vocab, fast.model.state.logits, c->vocab * 4);
        truth->best[pos] = fast.model.best;
    }
    fast_close(&fast);
}

static struct tl_knobs random_knobs(uint64_t *seed)
{
    struct tl_knobs k = fast_knobs(TL_FAST, CONTEXT + below(seed, 3));
    k.resident = below(seed, 32);
    k.cache_bytes = below(seed, 2) ? 4194304 : below(seed, 40000);
    k.chunk_bytes = below(seed, 6000);
    k.batch = 1 + below(seed, TL_MAX_BATCH);
    k.core_split = below(seed, 4) == 0 ? 100 * below(seed, 2) : below(seed, 101);
    k.read_ahead = below(seed, 2);
    k.screen = (enum tl_screen_mode)below(seed, 2);
    k.screen_rows = 1 + below(seed, below(seed, 2) ? 400 : 12);
    return k;
}

/** Exact logits as seed has them, and no others but the mark of those that were not computed. */
static void check_logits(const struct tl_model *m, const float *wanted, enum tl_want want)
{
    uint32_t exact = 0, wrong = 0;
    for (uint32_t i = 0; i < m->config.vocab; i++) {
        const uint32_t bits = test_bits(m->state.logits[i]);
        if (bits == test_bits(wanted[i])) exact++;
        else if (want == TL_WANT_LOGITS || bits != 0x7fc00001u) wrong++;
    }
    EQUAL(wrong, 0);
    EQUAL(exact, m->best.exact);
    if (want == TL_WANT_LOGITS) EQUAL(exact, m->config.vocab);
}

static void check_position(const struct tl_model *m, const struct truth *truth, uint32_t pos, enum tl_want want)
{
    check_logits(m, truth->logits + pos * m->config.vocab, want);
    EQUAL(m->best.id, truth->best[pos].id);
    EQUAL(test_bits(m->best.logit), test_bits(truth->best[pos].logit));
    CHECK(m->best.exact == m->config.vocab || (m->best.rank >= 1 && m->best.rank <= m->best.exact));
}

static uint32_t stage_reads(const struct tl_model *m)
{
    return m->reads.embed + m->reads.attention + m->reads.mlp + m->reads.head;
}

/** The whole context in batches of any size, with any wish. */
static void run_through(struct tl_model *m, const struct truth *truth, uint64_t *seed)
{
    const uint32_t before = native.reads - stage_reads(m);
    for (uint32_t pos = 0; pos < CONTEXT;) {
        const uint32_t most = CONTEXT - pos < m->need.batch ? CONTEXT - pos : m->need.batch;
        const uint32_t count = 1 + below(seed, most);
        const enum tl_want want = (enum tl_want)below(seed, 3);
        EQUAL(tl_forward(m, truth->tokens + pos, count, pos, want), TL_OK);
        pos += count;
        if (want != TL_WANT_NOTHING) check_position(m, truth, pos - 1, want);
    }
    EQUAL(native.reads - before, stage_reads(m));
}

/** A board with or without second core and flash. */
static struct tl_hal random_board(uint64_t *seed)
{
    struct tl_hal hal = native.port.hal;
    if (below(seed, 3) == 0) hal.parallel = NULL;
    if (below(seed, 3) == 0) hal.flash_map = NULL;
    if (below(seed, 3) == 0) hal.work = NULL;
    return hal;
}

static void check_against_seed(void)
{
    uint64_t seed = 4;
    test_case("gives seed's logits to the bit, whatever formats, knobs, batches and boards");
    const struct tl_hal whole = native.port.hal;
    for (int i = 0; i < MODELS; i++) {
        const struct tl_config c = fast_random_shape(&seed);
        struct truth truth;
        fast_write(&c, card, FOLDER, test_random(&seed), 1);
        if (below(&seed, 4) != 0) fast_write_screen(&c, card, FOLDER);
        learn(&truth, &c, &seed);
        for (int k = 0; k < RUNS; k++) {
            struct fast_model fast;
            native.port.hal = random_board(&seed);
            EQUAL(fast_open(&fast, &native, FOLDER, random_knobs(&seed)), TL_OK);
            run_through(&fast.model, &truth, &seed);
            fast_close(&fast);
            native.port.hal = whole;
        }
        free(truth.logits);
    }
    EQUAL(native.open_files, 0);
}

/** A board's load and its forward passes, with the read of this number failing; how many reads there were. */
static uint32_t run_failing(const struct truth *truth, struct tl_knobs knobs, uint32_t fail)
{
    struct fast_model fast;
    const uint32_t before = native.reads;
    uint64_t seed = 9;
    native.fail_read = fail > 0 ? before + fail : 0;
    int result = fast_open(&fast, &native, FOLDER, knobs);
    bool failed = result != TL_OK;
    for (uint32_t pos = 0; result == TL_OK && pos + 4 <= CONTEXT; pos += 4) {
        result = tl_forward(&fast.model, truth->tokens + pos, 4, pos, TL_WANT_BEST);
        if (result == TL_OK) {
            check_position(&fast.model, truth, pos + 3, TL_WANT_BEST);
        } else if (!failed) {
            failed = true;
            EQUAL(result, TL_ERR_CARD_READ);
            CHECK(fast.model.fault.file != NULL);
            pos -= 4;
            result = TL_OK;
        }
    }
    EQUAL(failed, fail > 0);
    EQUAL(native.pending == NULL, true);
    if (result == TL_OK) run_through(&fast.model, truth, &seed);
    fast_close(&fast);
    return native.reads - before;
}

static void check_card_errors(void)
{
    uint64_t seed = 11;
    struct tl_config c = fast_random_shape(&seed);
    c.layers = 2, c.vocab = 150, c.tied_head = false;
    struct truth truth;
    test_case("names the file that could not be read, and goes on afterwards as if nothing had been");
    fast_write(&c, card, FOLDER, 5, 1);
    fast_write_screen(&c, card, FOLDER);
    learn(&truth, &c, &seed);
    for (uint32_t resident = 0; resident <= 2; resident += 2) {
        for (int ahead = 0; ahead < 2; ahead++) {
            struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
            knobs.resident = resident;
            knobs.chunk_bytes = 0;
            knobs.read_ahead = ahead;
            const uint32_t reads = run_failing(&truth, knobs, 0);
            for (uint32_t k = 1; k <= 60 && k < reads / 2; k++) run_failing(&truth, knobs, k);
        }
    }
    native.fail_read = 0;
    EQUAL(native.open_files, 0);
    free(truth.logits);
}

/** A scale that is NaN, in the last row of a matrix, while the next chunk is being read. */
static void check_bad_weights(void)
{
    uint64_t seed = 3;
    uint32_t bytes;
    struct fast_model fast;
    const uint32_t token = 5;
    struct tl_config c = fast_random_shape(&seed);
    test_case("names the file with a scale that is NaN, and stays usable");
    c.format[TL_V] = TL_INT8_ROW;
    fast_write(&c, card, FOLDER, 5, 1);
    unsigned char *file = fast_read_file(card, FOLDER, "v_proj.bin", &bytes);
    memset(file, 0xff, 4);
    test_write_file(card, FOLDER, "v_proj.bin", file, bytes);
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.resident = 0;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    for (int i = 0; i < 2; i++) {
        EQUAL(tl_forward(&fast.model, &token, 1, 0, TL_WANT_BEST), TL_ERR_BAD_WEIGHTS);
        EQUAL(strcmp(fast.model.fault.file, "v_proj.bin"), 0);
        EQUAL(native.pending == NULL, true);
    }
    fast_close(&fast);
    free(file);
}

/** Reads that a batch of this size takes for 12 prompt tokens before the last. */
static uint32_t prefill_reads(const struct truth *truth, uint32_t batch, bool read_ahead)
{
    struct fast_model fast;
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.resident = TL_EMBED_IN_PSRAM;
    knobs.batch = batch;
    knobs.read_ahead = read_ahead;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    const uint32_t before = native.reads;
    for (uint32_t pos = 0; pos < 12; pos += batch) EQUAL(tl_forward(&fast.model, truth->tokens + pos, batch, pos, TL_WANT_NOTHING), TL_OK);
    const uint32_t reads = native.reads - before;
    fast_close(&fast);
    return reads;
}

static void check_batches(void)
{
    uint64_t seed = 3;
    struct truth truth;
    struct tl_config c = fast_random_shape(&seed);
    c.layers = 2, c.tied_head = false;
    fast_write(&c, card, FOLDER, 6, 1);
    learn(&truth, &c, &seed);
    test_case("reads a layer's matrices once a batch, and of the last layer only what later positions look at");
    EQUAL(prefill_reads(&truth, 1, true), 12 * (7 + 2));
    EQUAL(prefill_reads(&truth, 4, true), 3 * (7 + 2));
    EQUAL(prefill_reads(&truth, 4, false), 3 * (7 + 2));
    free(truth.logits);
}

static void check_refusals(void)
{
    struct fast_model fast;
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    test_case("refuses knobs out of range, by name");
    knobs.batch = TL_MAX_BATCH + 1;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_ERR_BAD_CONFIG);
    EQUAL(strcmp(fast.model.fault.subject, "batch"), 0);
    fast_close(&fast);
    knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.core_split = 101;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_ERR_BAD_CONFIG);
    EQUAL(strcmp(fast.model.fault.subject, "core_split"), 0);
    fast_close(&fast);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    native_port_init(&native, card, 1024, 1024);
    begin_read = native.port.hal.card_read_begin;
    native.port.hal.card_read_begin = begin_read_at_once;
    check_against_seed();
    check_card_errors();
    check_bad_weights();
    check_batches();
    check_refusals();
    native_port_free(&native);
    return test_report();
}
