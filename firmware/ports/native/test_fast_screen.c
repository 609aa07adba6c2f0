/* The screened head: which rows it computes, which it reads, and that the winner is the whole head's. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_model.h"
#include "native_naive.h"

#define FOLDER "fast-screen"
#define CONTEXT 20
#define VOCAB 3000
#define HIDDEN 70
#define GROUPS 3
#define CODE_BYTES 36
#define RATIO_BYTES 2

static const char *card;
static struct native_port native;
static uint32_t tokens[CONTEXT];
static struct tl_best best[CONTEXT]; /* seed's */
static float *exact;                 /* (CONTEXT, VOCAB) seed's */

static struct tl_config shape(bool tied, enum tl_format head)
{
    struct tl_config c = {
        .hidden = HIDDEN, .ffn = 40, .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 10, .vocab = VOCAB, .max_context = CONTEXT,
        .norm_eps = 1e-5f, .rope_theta = 10000.0, .tied_head = tied, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
    c.format[tl_config_head(&c)] = head;
    if (tied) c.format[TL_HEAD] = head;
    return c;
}

static void learn(void)
{
    struct fast_model seed;
    uint64_t random = 2;
    EQUAL(fast_open(&seed, &native, FOLDER, fast_knobs(TL_SEED, CONTEXT)), TL_OK);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        tokens[pos] = (uint32_t)(test_random(&random) % VOCAB);
        EQUAL(tl_forward(&seed.model, &tokens[pos], 1, pos, TL_WANT_LOGITS), TL_OK);
        memcpy(exact + pos * VOCAB, seed.model.state.logits, VOCAB * 4);
        best[pos] = seed.model.best;
    }
    fast_close(&seed);
}

/** Every row of the head a second time, half the vocabulary on: logits and the screen's values have equals everywhere. */
static void double_rows(const struct tl_config *c)
{
    uint32_t bytes;
    const char *name = tl_tensor_file(tl_config_head(c));
    unsigned char *file = fast_read_file(card, FOLDER, name, &bytes);
    memcpy(file + bytes / 2, file, bytes / 2);
    test_write_file(card, FOLDER, name, file, bytes);
    free(file);
}

static void make(bool tied, enum tl_format head, float peak)
{
    const struct tl_config c = shape(tied, head);
    fast_write(&c, card, FOLDER, 12, peak);
    double_rows(&c);
    fast_write_screen(&c, card, FOLDER);
    learn();
}

static struct tl_knobs screen_knobs(enum tl_screen_mode mode, uint32_t rows)
{
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.resident = TL_SCREEN_IN_PSRAM | TL_LAYERS_IN_PSRAM;
    knobs.screen = mode;
    knobs.screen_rows = rows;
    return knobs;
}

/** y of every row by the page, for the h that the head has just met. */
static void screen_values(const struct tl_model *m, float *y)
{
    int codes[HIDDEN];
    uint32_t bytes;
    unsigned char *file = fast_read_file(card, FOLDER, "lm_head.screen", &bytes);
    const unsigned char *scales = file + VOCAB * CODE_BYTES;
    const float scale = naive_quantize(m->state.h, HIDDEN, codes);
    for (uint32_t row = 0; row < VOCAB; row++) {
        float t = 0;
        for (uint32_t g = 0; g < GROUPS; g++) {
            const unsigned char *bits = scales + 2 * (row * GROUPS + g);
            int64_t sum = 0;
            for (uint32_t i = 32 * g; i < HIDDEN && i < 32 * g + 32; i++) {
                sum += ((file[row * CODE_BYTES + i / 2] >> 4 * (i % 2) & 15) - 8) * (int64_t)codes[i];
            }
            t = t + (float)sum * test_float((uint32_t)(bits[0] | bits[1] << 8) << 16);
        }
        y[row] = t * scale;
    }
    free(file);
}

static bool is_set(const struct tl_model *m, uint32_t row)
{
    return test_bits(m->state.logits[row]) != 0x7fc00001u;
}

static void check_winner(const struct tl_model *m, uint32_t pos)
{
    uint32_t set = 0, wrong = 0;
    for (uint32_t row = 0; row < VOCAB; row++) {
        if (!is_set(m, row)) continue;
        set++;
        wrong += test_bits(m->state.logits[row]) != test_bits(exact[pos * VOCAB + row]);
    }
    EQUAL(wrong, 0);
    EQUAL(set, m->best.exact);
    EQUAL(m->best.id, best[pos].id);
    EQUAL(test_bits(m->best.logit), test_bits(best[pos].logit));
}

/** Place of the winner by y among the rows that were computed. */
static uint32_t rank_by(const struct tl_model *m, const float *y)
{
    uint32_t rank = 1;
    for (uint32_t row = 0; row < VOCAB; row++) {
        const bool before = y[row] > y[m->best.id] || (y[row] == y[m->best.id] && row < m->best.id);
        rank += before && is_set(m, row);
    }
    return rank;
}

static void check_certain(bool tied, enum tl_format head)
{
    struct fast_model fast;
    float y[VOCAB];
    uint32_t rows = 0;
    make(tied, head, 6);
    EQUAL(fast_open(&fast, &native, FOLDER, screen_knobs(TL_SCREEN_CERTAIN, VOCAB / 2)), TL_OK);
    struct tl_model *m = &fast.model;
    EQUAL(m->need.resident, TL_SCREEN_IN_PSRAM | TL_LAYERS_IN_PSRAM);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        const struct tl_traffic before = m->card.traffic;
        const uint32_t reads = m->reads.head;
        EQUAL(tl_forward(m, &tokens[pos], 1, pos, TL_WANT_BEST), TL_OK);
        check_winner(m, pos);
        screen_values(m, y);
        EQUAL(m->best.rank, rank_by(m, y));
        CHECK(m->reads.head - reads <= m->best.exact);
        EQUAL(m->card.traffic.reads - before.reads, 1 + m->reads.head - reads);
        rows += m->best.exact;
    }
    CHECK(rows >= CONTEXT && rows < CONTEXT * VOCAB / 10);
    fast_close(&fast);
}

/** The rows that are computed are exactly those that the page's rule leaves, once L is raised by the most promising row. */
static void check_rule(void)
{
    struct fast_model fast;
    float y[VOCAB];
    test_case("computes the most promising row, and no row that its exact logit rules out");
    EQUAL(fast_open(&fast, &native, FOLDER, screen_knobs(TL_SCREEN_CERTAIN, VOCAB)), TL_OK);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        uint32_t first = 0;
        EQUAL(tl_forward(&fast.model, &tokens[pos], 1, pos, TL_WANT_BEST), TL_OK);
        screen_values(&fast.model, y);
        for (uint32_t row = 1; row < VOCAB; row++) first = y[row] > y[first] ? row : first;
        CHECK(is_set(&fast.model, first));
        const struct tl_shortlist *list = &fast.model.fast.list[0];
        for (uint32_t i = 0; i < list->count; i++) {
            CHECK(list->rows[i].id == first || list->rows[i].upper >= exact[pos * VOCAB + first]);
            CHECK(i == 0 || list->rows[i].id > list->rows[i - 1].id);
        }
    }
    fast_close(&fast);
}

static void check_many(enum tl_format head)
{
    struct fast_model fast;
    test_case("computes the whole head when more rows than screen_rows are in the race, and only then");
    make(false, head, 1);
    uint32_t whole = 0;
    for (uint32_t rows = 1; rows <= VOCAB; rows *= 3) {
        EQUAL(fast_open(&fast, &native, FOLDER, screen_knobs(TL_SCREEN_CERTAIN, rows)), TL_OK);
        for (uint32_t pos = 0; pos < CONTEXT; pos++) {
            EQUAL(tl_forward(&fast.model, &tokens[pos], 1, pos, TL_WANT_BEST), TL_OK);
            check_winner(&fast.model, pos);
            CHECK(fast.model.best.exact <= rows || fast.model.best.exact == VOCAB);
            whole += fast.model.best.exact == VOCAB;
            EQUAL(fast.model.best.rank == 0, fast.model.best.exact == VOCAB);
        }
        fast_close(&fast);
    }
    CHECK(whole > 0 && whole < 8 * CONTEXT);
}

/** Reads for the rows that are set, in order of their ids: one goes on over gaps of up to 3584 bytes, as far as 16384 bytes hold it. */
static uint32_t expected_reads(const struct tl_model *m)
{
    uint32_t reads = 0, first = 0, end = 0;
    for (uint32_t row = 0; row < VOCAB; row++) {
        if (!is_set(m, row)) continue;
        const uint32_t row_first = row * HIDDEN * 4 / 512 * 512;
        uint32_t row_end = (row * HIDDEN * 4 + HIDDEN * 4 + 511) / 512 * 512;
        if (row_end > VOCAB * HIDDEN * 4) row_end = VOCAB * HIDDEN * 4;
        if (reads == 0 || row_first > end + 3584 || row_end - first > 16384) {
            first = reads > 0 && row_first > end && row_first <= end + 3584 && row_end - end <= 16384 ? end : row_first;
            reads++;
        }
        end = row_end;
    }
    return reads;
}

static void check_checked(uint32_t rows, uint32_t split)
{
    struct fast_model fast;
    float y[VOCAB];
    struct tl_knobs knobs = screen_knobs(TL_SCREEN_CHECKED, rows);
    knobs.core_split = split;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        uint32_t misplaced = 0;
        const uint32_t reads = fast.model.reads.head;
        EQUAL(tl_forward(&fast.model, &tokens[pos], 1, pos, TL_WANT_BEST), TL_OK);
        EQUAL(fast.model.reads.head - reads, expected_reads(&fast.model));
        screen_values(&fast.model, y);
        EQUAL(fast.model.best.exact, rows);
        for (uint32_t row = 0; row < VOCAB; row++) {
            uint32_t before = 0;
            for (uint32_t i = 0; i < VOCAB && before < rows; i++) before += y[i] > y[row] || (y[i] == y[row] && i < row);
            misplaced += is_set(&fast.model, row) != (before < rows);
        }
        EQUAL(misplaced, 0);
        if (is_set(&fast.model, best[pos].id)) check_winner(&fast.model, pos);
    }
    fast_close(&fast);
}

/** Reads of the head for one token; `bytes` of them. */
static uint32_t head_reads(uint32_t chunk_bytes, uint64_t *bytes)
{
    struct fast_model fast;
    struct tl_knobs knobs = screen_knobs(TL_SCREEN_CHECKED, VOCAB);
    knobs.chunk_bytes = chunk_bytes;
    knobs.resident |= TL_EMBED_IN_PSRAM;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    const struct tl_traffic before = fast.model.card.traffic;
    EQUAL(tl_forward(&fast.model, &tokens[0], 1, 0, TL_WANT_BEST), TL_OK);
    check_winner(&fast.model, 0);
    const struct tl_traffic after = fast.model.card.traffic;
    *bytes = after.bytes - before.bytes;
    fast_close(&fast);
    return after.reads - before.reads;
}

static void check_merging(void)
{
    uint64_t bytes;
    test_case("reads neighbouring rows in one request of whole sectors, as far as the buffer holds them");
    EQUAL(head_reads(VOCAB * HIDDEN * 4 + 512, &bytes), 1);
    EQUAL(bytes, VOCAB * HIDDEN * 4);
    const uint32_t reads = head_reads(16384, &bytes);
    CHECK(reads >= VOCAB * HIDDEN * 4 / 16384 && reads <= VOCAB * HIDDEN * 4 / 15360 + 2);
    CHECK(bytes < VOCAB * HIDDEN * 4 + reads * 512);
}

/** Exact rows of a token with room for so many. */
static uint32_t exact_rows(uint32_t screen_rows, uint32_t pos, uint32_t split)
{
    struct fast_model fast;
    struct tl_knobs knobs = screen_knobs(TL_SCREEN_CERTAIN, screen_rows);
    knobs.core_split = split;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    for (uint32_t p = 0; p <= pos; p++) {
        EQUAL(tl_forward(&fast.model, &tokens[p], 1, p, p < pos ? TL_WANT_NOTHING : TL_WANT_BEST), TL_OK);
    }
    check_winner(&fast.model, pos);
    const uint32_t rows = fast.model.best.exact;
    fast_close(&fast);
    return rows;
}

static void check_limit(void)
{
    test_case("takes the whole head for one row more than screen_rows; lists that overflow on the way are scanned again");
    for (uint32_t pos = 0; pos < CONTEXT; pos += 3) {
        const uint32_t rows = exact_rows(VOCAB, pos, 50);
        EQUAL(exact_rows(VOCAB, pos, 0), rows);
        EQUAL(exact_rows(rows - 1, pos, 50), VOCAB);
        EQUAL(exact_rows(5 * rows, pos, 50), rows);
        EQUAL(exact_rows(5 * rows, pos, 0), rows);
    }
}

static void check_useless_screen(void)
{
    uint32_t bytes;
    const float norm = 1e6f;
    test_case("computes every row by the screen when its bound says nothing and there is room, and the whole head when there is not");
    unsigned char *file = fast_read_file(card, FOLDER, "lm_head.screen", &bytes);
    memcpy(file + bytes - 4, &norm, 4);
    test_write_file(card, FOLDER, "lm_head.screen", file, bytes);
    struct fast_model fast;
    EQUAL(fast_open(&fast, &native, FOLDER, screen_knobs(TL_SCREEN_CERTAIN, VOCAB)), TL_OK);
    EQUAL(tl_forward(&fast.model, &tokens[0], 1, 0, TL_WANT_BEST), TL_OK);
    check_winner(&fast.model, 0);
    CHECK(fast.model.best.rank > 0 && fast.model.best.exact == VOCAB);
    fast_close(&fast);
    EQUAL(exact_rows(VOCAB / 2, 3, 50), VOCAB);
    free(file);
}

/** A screen that keeps no promise rules out the very row that was computed: what is told of the token is still true. */
static void check_lying_screen(void)
{
    struct fast_model fast;
    uint32_t bytes, alone = 0;
    const float norm = 1e-6f;
    test_case("lists the row that it computed first, whatever the screen says of it, and lets no logit of it stay");
    make(false, TL_FLOAT32, 6);
    unsigned char *file = fast_read_file(card, FOLDER, "lm_head.screen", &bytes);
    for (uint32_t i = 0; i < VOCAB * GROUPS; i++) memset(file + VOCAB * CODE_BYTES + 2 * i, 0, 1); /* bf16 scales become powers of two, or nearly */
    memset(file + VOCAB * (CODE_BYTES + 2 * GROUPS), 0, VOCAB * RATIO_BYTES);
    memcpy(file + bytes - 4, &norm, 4);
    test_write_file(card, FOLDER, "lm_head.screen", file, bytes);
    free(file);
    EQUAL(fast_open(&fast, &native, FOLDER, screen_knobs(TL_SCREEN_CERTAIN, VOCAB)), TL_OK);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) {
        uint32_t set = 0;
        EQUAL(tl_forward(&fast.model, &tokens[pos], 1, pos, TL_WANT_BEST), TL_OK);
        for (uint32_t row = 0; row < VOCAB; row++) set += is_set(&fast.model, row);
        EQUAL(set, fast.model.best.exact);
        CHECK(set > 0 && is_set(&fast.model, fast.model.best.id));
        alone += set == 1;
    }
    CHECK(alone > 0);
    fast_close(&fast);
}

static void check_bad_screen(void)
{
    struct fast_model fast;
    uint32_t bytes;
    test_case("names a screen with a scale that is none");
    unsigned char *file = fast_read_file(card, FOLDER, "lm_head.screen", &bytes);
    memset(file + VOCAB * CODE_BYTES + 100, 0xff, 2);
    test_write_file(card, FOLDER, "lm_head.screen", file, bytes);
    EQUAL(fast_open(&fast, &native, FOLDER, screen_knobs(TL_SCREEN_CERTAIN, 10)), TL_ERR_BAD_WEIGHTS);
    EQUAL(strcmp(fast.model.fault.file, "lm_head.screen"), 0);
    fast_close(&fast);
    free(file);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    exact = malloc((size_t)CONTEXT * VOCAB * 4);
    native_port_init(&native, card, 1024, 1024);
    test_case("certain gives the whole head's winner from few exact rows, and says where the screen had it");
    check_certain(false, TL_FLOAT32);
    check_certain(true, TL_FLOAT32);
    check_rule();
    check_many(TL_INT8_ROW);
    check_many(TL_INT8);
    check_many(TL_FLOAT32);
    test_case("checked computes exactly the rows with the largest values, the lower id first among equals");
    check_checked(1, 50);
    check_checked(40, 50);
    check_checked(40, 0);
    check_checked(700, 83);
    check_merging();
    check_limit();
    check_useless_screen();
    check_bad_screen();
    check_lying_screen();
    free(exact);
    native_port_free(&native);
    return test_report();
}
