/* A large head that is resident and its own screen: the winner is the whole head's, whatever the rows are, and nothing else is kept. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_model.h"
#include "native_naive.h"

#define FOLDER "self-screen"
#define CONTEXT 7
#define VOCAB 16384
#define HIDDEN 64 /* with VOCAB the fewest weights that are screened */

static const char *card;
static struct native_port native;
static uint32_t tokens[CONTEXT];
static struct tl_best best[CONTEXT]; /* seed's */
static float *exact;                 /* (CONTEXT, VOCAB) seed's */

static struct tl_config shape(enum tl_format head, uint32_t vocab)
{
    struct tl_config c = {
        .hidden = HIDDEN, .ffn = 24, .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 10, .vocab = vocab, .max_context = CONTEXT,
        .norm_eps = 1e-5f, .rope_theta = 10000.0, .tied_head = true, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
    c.format[TL_EMBED] = c.format[TL_HEAD] = head;
    return c;
}

/** The row 64 times as large, where that takes no more than the exponent of a scale. */
static void enlarge(enum tl_format format, unsigned char *row)
{
    const bool grouped = format == TL_INT4 || format == TL_INT2;
    if (format == TL_FLOAT32 || format == TL_FLOAT16 || format == TL_BFLOAT16 || format == TL_INT8) return;
    for (uint32_t i = 0; i < (grouped ? HIDDEN / 32u : 1u); i++) row[grouped ? 2 * i + 1 : 3] += 3;
}

/** Rows of zeros, rows that stand out, and rows that are another's equal, half the vocabulary on. */
static void make_rows_special(enum tl_format format)
{
    uint32_t bytes;
    uint64_t random = 7;
    const uint32_t row_bytes = naive_row_bytes(format, HIDDEN);
    unsigned char *file = fast_read_file(card, FOLDER, "embed_tokens.bin", &bytes);
    memset(file, 0, row_bytes);
    for (uint32_t i = 0; i < 40; i++) memset(file + test_random(&random) % VOCAB * row_bytes, 0, row_bytes);
    for (uint32_t i = 0; i < 3; i++) enlarge(format, file + test_random(&random) % VOCAB * row_bytes);
    memcpy(file + bytes / 2, file, bytes / 2);
    test_write_file(card, FOLDER, "embed_tokens.bin", file, bytes);
    free(file);
}

static void learn(void)
{
    struct fast_model seed;
    uint64_t random = 2;
    EQUAL(fast_open(&seed, &native, FOLDER, fast_knobs(TL_SEED, CONTEXT)), TL_OK);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        tokens[pos] = (uint32_t)(test_random(&random) % VOCAB);
        EQUAL(tl_forward(&seed.model, &tokens[pos], 1, pos, TL_WANT_LOGITS), TL_OK);
        CHECK(seed.model.best.kept);
        memcpy(exact + pos * VOCAB, seed.model.state.logits, VOCAB * 4);
        best[pos] = seed.model.best;
    }
    fast_close(&seed);
}

static void make(enum tl_format head)
{
    const struct tl_config c = shape(head, VOCAB);
    fast_write(&c, card, FOLDER, 12, 1);
    make_rows_special(head);
    learn();
}

static struct tl_knobs knobs_of(enum tl_screen_mode mode, uint32_t split)
{
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.psram_bytes = knobs.cache_bytes = 2 * knobs.psram_bytes;
    knobs.screen = mode;
    knobs.core_split = split;
    return knobs;
}

static void check_winner(const struct tl_model *m, uint32_t pos)
{
    EQUAL(m->best.id, best[pos].id);
    EQUAL(test_bits(m->best.logit), test_bits(best[pos].logit));
    EQUAL(m->best.exact, VOCAB);
}

/** Logits are the winner's alone. */
static void check_alone(const struct tl_model *m, uint32_t pos)
{
    uint32_t set = 0;
    for (uint32_t row = 0; row < VOCAB; row++) set += test_bits(m->state.logits[row]) != 0x7fc00001u;
    check_winner(m, pos);
    EQUAL(m->best.rank, 1);
    EQUAL(set, 1);
    EQUAL(test_bits(m->state.logits[m->best.id]), test_bits(best[pos].logit));
    CHECK(!m->best.kept);
}

static void check_all(const struct tl_model *m, uint32_t pos)
{
    check_winner(m, pos);
    EQUAL(m->best.rank, 0);
    EQUAL(memcmp(m->state.logits, exact + pos * VOCAB, VOCAB * 4), 0);
    CHECK(m->best.kept);
}

/** Every third pass wants all logits, as a temperature would. */
static void check_passes(enum tl_screen_mode mode, uint32_t split)
{
    struct fast_model fast;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs_of(mode, split)), TL_OK);
    CHECK(fast.model.need.screens_itself == (mode != TL_SCREEN_OFF) && fast.model.need.head_bytes > 0);
    EQUAL(fast.model.need.list_bytes + fast.model.need.screen_bytes, 0);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        const enum tl_want want = pos % 3 == 2 ? TL_WANT_LOGITS : TL_WANT_BEST;
        EQUAL(tl_forward(&fast.model, &tokens[pos], 1, pos, want), TL_OK);
        if (want == TL_WANT_BEST && mode != TL_SCREEN_OFF) check_alone(&fast.model, pos);
        else check_all(&fast.model, pos);
    }
    fast_close(&fast);
}

static void check_format(enum tl_format head)
{
    make(head);
    check_passes(TL_SCREEN_CERTAIN, 50);
    check_passes(TL_SCREEN_CERTAIN, 0);
    check_passes(TL_SCREEN_CHECKED, 83);
    check_passes(TL_SCREEN_OFF, 50);
}

static bool screens_itself(uint32_t vocab, uint32_t resident)
{
    struct fast_model fast;
    const struct tl_config c = shape(TL_BINARY, vocab);
    struct tl_knobs knobs = knobs_of(TL_SCREEN_CERTAIN, 50);
    knobs.resident = resident;
    fast_write(&c, card, FOLDER, 12, 1);
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    const bool does = fast.model.need.screens_itself;
    fast_close(&fast);
    return does;
}

/** Bytes over the bus of the state's memory, where logits lie, and multiply-accumulates of the head. */
static struct {
    uint64_t bytes, products;
    const struct fast_model *fast;
} told;

static void hear(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    (void)ctx;
    const unsigned char *at = data, *state = told.fast->arenas.psram;
    if (at >= state && at < state + told.fast->model.need.psram_bytes) told.bytes += bytes;
    if (kernel == TL_KERNEL_DOT_INT4) told.products += count;
}

static void count_pass(enum tl_screen_mode mode)
{
    struct fast_model fast;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs_of(mode, 50)), TL_OK);
    EQUAL(tl_forward(&fast.model, &tokens[0], 1, 0, TL_WANT_BEST), TL_OK);
    told.fast = &fast;
    told.bytes = told.products = 0;
    native.port.hal.work = hear;
    EQUAL(tl_forward(&fast.model, &tokens[1], 1, 1, TL_WANT_BEST), TL_OK);
    native.port.hal.work = NULL;
    fast_close(&fast);
}

static void check_charges(void)
{
    test_case("takes the products of the whole head, and over the bus two logits, one back to nothing, instead of all");
    make(TL_INT4);
    count_pass(TL_SCREEN_OFF);
    const uint64_t whole = told.bytes;
    EQUAL(told.products, VOCAB * HIDDEN);
    count_pass(TL_SCREEN_CERTAIN);
    EQUAL(told.products, VOCAB * HIDDEN);
    EQUAL(whole - told.bytes, 3 * VOCAB * 4 - 4 * 32);
}

static struct fast_model pass_with(const char *value, uint32_t row, enum tl_format format, int expected)
{
    struct fast_model fast;
    uint32_t bytes;
    unsigned char *file = fast_read_file(card, FOLDER, "embed_tokens.bin", &bytes);
    memcpy(file + row * naive_row_bytes(format, HIDDEN), value, 4);
    test_write_file(card, FOLDER, "embed_tokens.bin", file, bytes);
    free(file);
    EQUAL(fast_open(&fast, &native, FOLDER, knobs_of(TL_SCREEN_CERTAIN, 50)), TL_OK);
    EQUAL(tl_forward(&fast.model, &tokens[0], 1, 0, TL_WANT_BEST), expected);
    return fast;
}

static void check_bad(void)
{
    struct fast_model fast;
    test_case("names a head with a scale that is none, wherever the row is");
    for (uint32_t row = 9; row < VOCAB; row += VOCAB - 20) {
        make(TL_INT8_ROW);
        fast = pass_with("\0\0\x80\x7f", row, TL_INT8_ROW, TL_ERR_BAD_WEIGHTS);
        EQUAL(strcmp(fast.model.fault.file, "embed_tokens.bin"), 0);
        fast_close(&fast);
    }
    test_case("a logit that is no number or infinite shows in the best one, even if it is the smallest");
    const char *const values[] = {"\0\0\x80\x7f", "\0\0\x80\xff", "\0\0\xc0\x7f"};
    for (uint32_t i = 0; i < 3; i++) {
        make(TL_FLOAT32);
        fast = pass_with(values[i], i * 8000, TL_FLOAT32, TL_OK);
        CHECK(!isfinite(fast.model.best.logit));
        EQUAL(fast.model.best.id, i * 8000);
        fast_close(&fast);
    }
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    exact = malloc((size_t)CONTEXT * VOCAB * 4);
    native_port_init(&native, card, 1024, 1024);
    native.port.hal.work = NULL;
    test_case("keeps the winner of the whole head and no other logit, in every format; all of them where they are wanted");
    for (int format = 0; format < TL_FORMAT_COUNT; format++) check_format((enum tl_format)format);
    test_case("is for large heads in PSRAM only");
    CHECK(screens_itself(VOCAB, 31));
    CHECK(!screens_itself(VOCAB - 1, 31));
    CHECK(!screens_itself(VOCAB, 31 - TL_HEAD_IN_PSRAM));
    check_charges();
    check_bad();
    free(exact);
    native_port_free(&native);
    return test_report();
}
