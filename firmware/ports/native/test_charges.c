/* What a forward pass tells the HAL of its work, held against what a model of these shapes makes it compute and touch. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_model.h"
#include "native_naive.h"

#define FOLDER "charges"
#define CONTEXT 40
#define VOCAB 640
#define HIDDEN 70
#define GROUPS 3
#define RATIO_BYTES 2 /* of a row of the screen */
#define CODE_BYTES 36
#define LAYER_DOT TL_KERNEL_DOT_TERNARY
#define HEAD_DOT TL_KERNEL_DOT_INT8

enum region { INTERNAL, PSRAM, FLASH, ELSEWHERE, REGIONS };

static const char *const kernel_names[NATIVE_KERNELS] = {
    "dot", "elementwise", "exp", "crc", "rmsnorm", "float16", "bfloat16", "int8", "int4", "int2", "ternary", "ternary_2bit", "binary",
    "quantize", "screen", "copy",
};

/** Work by kernel, and what of it crossed a memory's bus. */
struct work {
    uint64_t count[NATIVE_KERNELS];
    uint64_t bytes[NATIVE_KERNELS][REGIONS];
};

static const char *card;
static struct native_port native;
static struct fast_model fast; /* the one whose work is told */
static struct work told;
static struct tl_config shape;

static bool is_within(const void *data, const void *start, uint64_t bytes)
{
    return data && start && (uintptr_t)data >= (uintptr_t)start && (uintptr_t)data - (uintptr_t)start < bytes;
}

static enum region region_of(const void *data)
{
    const struct tl_need *n = &fast.model.need;
    const struct tl_arenas *a = &fast.arenas;
    if (is_within(data, a->internal, n->internal_bytes) || is_within(data, a->bounce, n->bounce_bytes)) return INTERNAL;
    if (is_within(data, a->lists, n->list_bytes)) return INTERNAL;
    if (is_within(data, a->psram, n->psram_bytes) || is_within(data, a->resident, n->resident_bytes)) return PSRAM;
    return is_within(data, native.flash, native.flash_bytes) ? FLASH : ELSEWHERE;
}

static void hear(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    (void)ctx;
    told.count[kernel] += count;
    told.bytes[kernel][region_of(data)] += bytes;
}

static void add(struct work *w, enum tl_kernel kernel, uint64_t count, enum region region, uint64_t bytes)
{
    w->count[kernel] += count;
    w->bytes[kernel][region] += bytes;
}

/** Of floats in internal RAM. */
static void add_floats(struct work *w, enum tl_kernel kernel, uint64_t count)
{
    add(w, kernel, count, INTERNAL, count * 4);
}

/** Written to PSRAM: whole lines of 32 bytes, there and back. */
static uint64_t written(uint64_t bytes)
{
    return 2 * ((bytes + 31) / 32 * 32);
}

/** One matrix of a layer for so many positions: its bytes once, or for each when a row is more than the 8 KB that stay cached. */
static void add_matrix(struct work *w, enum tl_tensor t, uint32_t rows, uint32_t cols, uint32_t positions, enum region where)
{
    const uint32_t row_bytes = naive_row_bytes(shape.format[t], cols);
    const enum tl_kernel kernel = shape.format[t] == TL_FLOAT32 ? TL_KERNEL_DOT : LAYER_DOT;
    const uint32_t times = row_bytes > 8192 ? positions : 1;
    if (positions > 0) add(w, kernel, (uint64_t)positions * rows * cols, where, (uint64_t)times * rows * row_bytes);
}

/** Keys go to one place, values to one of each of head_dim rows. */
static void add_remembering(struct work *w, uint32_t positions)
{
    const uint32_t heads = positions * shape.kv_heads;
    add(w, TL_KERNEL_ELEMENTWISE, 2 * heads * shape.head_dim, PSRAM, heads * (written(shape.head_dim * 4) + shape.head_dim * written(4)));
}

/** Attention of one position that sees `seen`; keys and values come once for each of `times` heads. */
static void add_attention(struct work *w, uint32_t seen, uint32_t times)
{
    add(w, TL_KERNEL_DOT, 2ull * shape.heads * seen * shape.head_dim, PSRAM, 2ull * times * seen * shape.head_dim * 4);
    add_floats(w, TL_KERNEL_EXP, shape.heads * seen);
}

static void add_mlp(struct work *w, uint32_t wanted, enum region where)
{
    add_floats(w, TL_KERNEL_RMSNORM, wanted * shape.hidden);
    add_floats(w, TL_KERNEL_QUANTIZE, wanted * (shape.hidden + (shape.format[TL_DOWN] == TL_FLOAT32 ? 0 : shape.ffn)));
    add_matrix(w, TL_GATE, shape.ffn, shape.hidden, wanted, where);
    add_matrix(w, TL_UP, shape.ffn, shape.hidden, wanted, where);
    add_floats(w, TL_KERNEL_EXP, wanted * shape.ffn);
    add_floats(w, TL_KERNEL_ELEMENTWISE, wanted * (shape.ffn + shape.hidden));
    add_matrix(w, TL_DOWN, shape.hidden, shape.ffn, wanted, where);
}

/** Positions pos .. pos + count - 1 through a layer; the last `wanted` of them further than keys and values. */
static void add_layer(struct work *w, uint32_t pos, uint32_t count, uint32_t wanted, uint32_t kv_times, enum region where)
{
    const uint32_t q = shape.heads * shape.head_dim, kv = shape.kv_heads * shape.head_dim;
    add_floats(w, TL_KERNEL_RMSNORM, count * shape.hidden);
    add_floats(w, TL_KERNEL_QUANTIZE, count * shape.hidden + wanted * q);
    add_matrix(w, TL_Q, q, shape.hidden, wanted, where);
    add_matrix(w, TL_K, kv, shape.hidden, count, where);
    add_matrix(w, TL_V, kv, shape.hidden, count, where);
    add_floats(w, TL_KERNEL_ELEMENTWISE, count * kv + wanted * (q + shape.hidden));
    add_remembering(w, count);
    for (uint32_t i = 0; i < wanted; i++) add_attention(w, pos + count - i, kv_times);
    add_matrix(w, TL_O, shape.hidden, q, wanted, where);
    if (wanted > 0) add_mlp(w, wanted, where);
}

static void add_layers(struct work *w, uint32_t pos, uint32_t count, enum tl_want want, uint32_t kv_times, enum region where)
{
    for (uint32_t layer = 0; layer < shape.layers; layer++) {
        const uint32_t of_last = want == TL_WANT_NOTHING ? 0 : 1;
        add_layer(w, pos, count, layer + 1 < shape.layers ? count : of_last, kv_times, where);
    }
}

static void add_embedding(struct work *w, uint32_t count, enum region where)
{
    add(w, TL_KERNEL_ELEMENTWISE, count * shape.hidden, where, (uint64_t)count * naive_row_bytes(shape.format[TL_EMBED], shape.hidden));
    add(w, TL_KERNEL_EXP, count * shape.head_dim, INTERNAL, count * shape.head_dim / 2 * 4);
}

static void add_head_input(struct work *w)
{
    add_floats(w, TL_KERNEL_RMSNORM, shape.hidden);
    add_floats(w, TL_KERNEL_QUANTIZE, shape.hidden);
}

/** Every row of the head, and a look at all logits for the largest; that they are written comes on top. */
static void add_whole_head(struct work *w, enum region where)
{
    const uint32_t row_bytes = naive_row_bytes(shape.format[TL_HEAD], shape.hidden);
    add_head_input(w);
    add(w, HEAD_DOT, (uint64_t)VOCAB * shape.hidden, where, (uint64_t)VOCAB * row_bytes);
    add(w, TL_KERNEL_ELEMENTWISE, VOCAB, PSRAM, VOCAB * 4);
}

static void check_bytes(const struct work *w, int kernel, enum region region)
{
    test_equal((long long)told.bytes[kernel][region], (long long)w->bytes[kernel][region], __FILE__, __LINE__, kernel_names[kernel]);
}

/** Everything is as expected, but that the counts of the kernels in the set `loose` may be larger. */
static void check_work(const struct work *w, uint32_t loose)
{
    CHECK(fast.model.need.internal_fits);
    for (int kernel = 0; kernel < NATIVE_KERNELS; kernel++) {
        const long long found = (long long)told.count[kernel], least = (long long)w->count[kernel];
        const bool is_loose = loose >> kernel & 1;
        test_equal(is_loose && found > least ? least : found, least, __FILE__, __LINE__, kernel_names[kernel]);
        for (int region = 0; region < REGIONS; region++) check_bytes(w, kernel, (enum region)region);
    }
}

static void write_model(void)
{
    shape = (struct tl_config){
        .hidden = HIDDEN, .ffn = 41, .layers = 3, .heads = 4, .kv_heads = 2, .head_dim = 10, .vocab = VOCAB, .max_context = CONTEXT,
        .norm_eps = 1e-5f, .rope_theta = 10000.0, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
    for (int t = 0; t < TL_TENSOR_COUNT; t++) shape.format[t] = tl_tensor_format_key((enum tl_tensor)t) ? TL_TERNARY : TL_FLOAT32;
    shape.format[TL_EMBED] = TL_BFLOAT16;
    shape.format[TL_HEAD] = TL_INT8_ROW;
}

static void put_on_card(void)
{
    fast_write(&shape, card, FOLDER, 7, 20);
    fast_write_screen(&shape, card, FOLDER);
}

static void begin(enum tl_strategy strategy, uint32_t resident, uint32_t split)
{
    struct tl_knobs knobs = fast_knobs(strategy, CONTEXT);
    knobs.resident = resident;
    knobs.core_split = split;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    if (strategy == TL_FAST) EQUAL(fast.model.need.resident, resident);
}

static void pass(uint32_t pos, uint32_t count, enum tl_want want)
{
    static const uint32_t tokens[8] = {5, 600, 3, 77, 12, 320, 9, 100};
    memset(&told, 0, sizeof told);
    EQUAL(tl_forward(&fast.model, tokens, count, pos, want), TL_OK);
}

/** Where the layers are that are resident so. */
static enum region layers_at(uint32_t resident)
{
    return resident & TL_LAYERS_IN_PSRAM ? PSRAM : resident & TL_LAYERS_IN_FLASH ? FLASH : INTERNAL;
}

static void check_prefill(uint32_t resident, uint32_t split)
{
    const enum region embeddings = resident & TL_EMBED_IN_PSRAM ? PSRAM : INTERNAL;
    const enum region head = resident & TL_HEAD_IN_PSRAM ? PSRAM : INTERNAL;
    begin(TL_FAST, resident, split);
    for (uint32_t pos = 0; pos < 16; pos += 8) {
        struct work w = {{0}, {{0}}};
        add_embedding(&w, 8, embeddings);
        add_layers(&w, pos, 8, TL_WANT_NOTHING, shape.kv_heads, layers_at(resident));
        pass(pos, 8, TL_WANT_NOTHING);
        check_work(&w, 0);
    }
    struct work w = {{0}, {{0}}};
    add_embedding(&w, 5, embeddings);
    add_layers(&w, 16, 5, TL_WANT_LOGITS, shape.kv_heads, layers_at(resident));
    add_whole_head(&w, head);
    w.bytes[TL_KERNEL_ELEMENTWISE][PSRAM] += written(VOCAB * 4);
    pass(16, 5, TL_WANT_LOGITS);
    check_work(&w, 0);
    fast_close(&fast);
}

/** A screen's knobs, and what it had computed for the token before. */
struct screened {
    enum tl_screen_mode mode;
    uint32_t rows;
    uint32_t split;
    uint64_t unset; /* logits, in so many bytes on the bus */
    uint64_t unset_bytes;
};

/** At least so many comparisons: each row's value with one, and where rows of two cores were listed the better half by 32 bits. */
static uint64_t least_comparisons(const struct screened *s, uint64_t exact)
{
    const uint64_t halving = s->mode == TL_SCREEN_CHECKED && s->split > 0 ? 34 * 2 * s->rows : 0;
    return VOCAB + halving + 2 * exact;
}

/** The screen of every row, and `exact` rows of the head from the card; of the bounds, which depend on the numbers, what was told. */
static void add_screened_head(struct work *w, const struct screened *s, uint64_t exact)
{
    const uint64_t bounds = told.count[TL_KERNEL_SCREEN], ratios = told.bytes[TL_KERNEL_SCREEN][PSRAM];
    if (s->mode == TL_SCREEN_CERTAIN) CHECK(bounds >= exact * GROUPS && bounds <= VOCAB * GROUPS && ratios * GROUPS >= bounds * RATIO_BYTES);
    else EQUAL(bounds + ratios, 0);
    add_head_input(w);
    add(w, TL_KERNEL_SCREEN, bounds, PSRAM, ratios);
    add(w, TL_KERNEL_ELEMENTWISE, HIDDEN + least_comparisons(s, exact), INTERNAL, HIDDEN * 2);
    add(w, TL_KERNEL_DOT_INT4, VOCAB * HIDDEN, PSRAM, VOCAB * (CODE_BYTES + 2 * GROUPS));
    add(w, HEAD_DOT, exact * HIDDEN, INTERNAL, exact * naive_row_bytes(shape.format[TL_HEAD], HIDDEN));
    add(w, TL_KERNEL_COPY, 4 * (exact + s->unset), PSRAM, exact * written(4) + s->unset_bytes);
}

static void open_screened(const struct screened *s)
{
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.resident = TL_SCREEN_IN_PSRAM | TL_LAYERS_IN_FLASH | TL_EMBED_IN_PSRAM;
    knobs.screen = s->mode;
    knobs.screen_rows = s->rows;
    knobs.core_split = s->split;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    EQUAL(fast.model.need.resident, knobs.resident);
}

static void check_screened(enum tl_screen_mode mode, uint32_t rows, uint32_t split)
{
    struct screened s = {mode, rows, split, VOCAB, written(VOCAB * 4)};
    open_screened(&s);
    for (uint32_t pos = 0; pos < 12; pos++) {
        struct work w = {{0}, {{0}}};
        pass(pos, 1, TL_WANT_BEST);
        const uint64_t exact = fast.model.best.exact;
        CHECK(exact < VOCAB);
        add_embedding(&w, 1, PSRAM);
        add_layers(&w, pos, 1, TL_WANT_BEST, shape.kv_heads, FLASH);
        add_screened_head(&w, &s, exact);
        check_work(&w, 1u << TL_KERNEL_ELEMENTWISE);
        s.unset = exact;
        s.unset_bytes = exact * written(4);
    }
    fast_close(&fast);
}

/* Keys and values come for every query head, and every weight through PSRAM. */
static void check_seed(void)
{
    test_case("seed charges every weight, key and value where it lies, and its logits both ways");
    begin(TL_SEED, 0, 50);
    for (uint32_t pos = 0; pos < 12; pos++) {
        struct work w = {{0}, {{0}}};
        const enum tl_want want = pos % 3 == 0 ? TL_WANT_NOTHING : TL_WANT_LOGITS;
        add_embedding(&w, 1, PSRAM);
        for (uint32_t layer = 0; layer < shape.layers; layer++) add_layer(&w, pos, 1, 1, shape.heads, PSRAM);
        if (want != TL_WANT_NOTHING) {
            add_whole_head(&w, PSRAM);
            add(&w, TL_KERNEL_COPY, 0, PSRAM, written(VOCAB * 4));
        }
        pass(pos, 1, want);
        check_work(&w, 0);
    }
    fast_close(&fast);
}

static uint32_t size_of(const char *name)
{
    uint32_t bytes;
    free(fast_read_file(card, FOLDER, name, &bytes));
    return bytes;
}

static void check_load(void)
{
    test_case("a load charges what it copies to PSRAM, both ways, and the look at the screen's scales and ratios");
    const uint32_t head = size_of("lm_head.bin"), screen = size_of("lm_head.screen"), embeddings = size_of("embed_tokens.bin");
    memset(&told, 0, sizeof told);
    begin(TL_FAST, TL_SCREEN_IN_PSRAM | TL_EMBED_IN_PSRAM, 50);
    EQUAL(told.count[TL_KERNEL_COPY], screen + embeddings);
    EQUAL(told.bytes[TL_KERNEL_COPY][PSRAM], written(screen) + written(embeddings));
    EQUAL(told.count[TL_KERNEL_SCREEN], VOCAB * GROUPS);
    EQUAL(told.bytes[TL_KERNEL_SCREEN][PSRAM], VOCAB * (GROUPS * 2 + RATIO_BYTES));
    fast_close(&fast);
    memset(&told, 0, sizeof told);
    begin(TL_FAST, TL_HEAD_IN_PSRAM, 50);
    EQUAL(told.count[TL_KERNEL_COPY], head);
    EQUAL(told.bytes[TL_KERNEL_COPY][PSRAM], written(head));
    fast_close(&fast);
}

static void check_large_rows(void)
{
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    struct work w = {{0}, {{0}}};
    test_case("a row of more than 8 KB comes over the bus for every position of a batch");
    write_model();
    shape.ffn = 2100;
    shape.format[TL_DOWN] = TL_FLOAT32;
    put_on_card();
    knobs.batch = 2;
    knobs.resident = TL_LAYERS_IN_PSRAM;
    EQUAL(fast_open(&fast, &native, FOLDER, knobs), TL_OK);
    EQUAL(fast.model.need.resident, TL_LAYERS_IN_PSRAM);
    add_embedding(&w, 2, INTERNAL);
    add_layers(&w, 0, 2, TL_WANT_NOTHING, shape.kv_heads, PSRAM);
    pass(0, 2, TL_WANT_NOTHING);
    check_work(&w, 0);
    fast_close(&fast);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    native_port_init(&native, card, 1024, 1024);
    native.port.hal.work = hear;
    write_model();
    put_on_card();
    check_load();
    check_seed();
    test_case("a batch charges a layer's weights once, from where they lie, and each position's own work");
    for (uint32_t split = 0; split <= 100; split += 50) {
        check_prefill(TL_HEAD_IN_PSRAM | TL_LAYERS_IN_PSRAM, split);
        check_prefill(TL_HEAD_IN_PSRAM | TL_LAYERS_IN_FLASH | TL_EMBED_IN_PSRAM, split);
        check_prefill(TL_HEAD_IN_PSRAM, split);
    }
    test_case("a screened head charges the codes and scales of all rows, ratios of some, and the rows computed with their logits");
    for (uint32_t split = 0; split <= 50; split += 50) {
        check_screened(TL_SCREEN_CERTAIN, VOCAB, split);
        check_screened(TL_SCREEN_CHECKED, 12, split);
    }
    check_large_rows();
    native_port_free(&native);
    return test_report();
}
