/* The forward pass against double precision, chunk sizes against each other, and what it asks of the card. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_double.h"
#include "native_model.h"
#include "native_placed.h"
#include "tl_forward.h"
#include "tl_kernels.h"
#include "tl_sample.h"

#define FOLDER "forward"
#define TOKENS 12

static const char *card;
static const uint32_t tokens[TOKENS] = {1, 17, 4, 30, 4, 0, 31, 9, 9, 12, 28, 3};

static double worst_difference(const struct test_model *truth, struct placed *placed)
{
    struct tl_model *model = &placed->model;
    double logits[64], worst = 0;
    for (uint32_t pos = 0; pos < TOKENS; pos++) {
        EQUAL(placed_pass(placed, tokens[pos], pos, TL_WANT_LOGITS), TL_OK);
        EQUAL(tl_model_check_logits(model), TL_OK);
        test_forward_double(truth, tokens, pos + 1, logits);
        for (uint32_t i = 0; i < model->config.vocab; i++) worst = fmax(worst, fabs(logits[i] - model->state.logits[i]));
    }
    return worst;
}

static void check_against_double(struct tl_config shape, const char *title)
{
    struct native_port native;
    struct test_model truth;
    struct placed placed;
    test_case(title);
    native_port_init(&native, card, 1024, 1024);
    test_model_make(&truth, shape, 42);
    test_model_write(&truth, card, FOLDER, true);
    placed_begin(&placed, &native, FOLDER, seed_knobs(20, 7, 300));
    const double worst = worst_difference(&truth, &placed);
    AT_MOST(worst, 2e-5);
    printf("%s: %.2g\n", title, worst);
    placed_end(&placed);
    EQUAL(native.open_files, 0);
    test_model_free(&truth);
    native_port_free(&native);
}

static uint32_t crc_of_run(struct native_port *native, struct tl_knobs knobs, bool prefill_head)
{
    struct placed placed;
    uint32_t crc = 0;
    placed_begin(&placed, native, FOLDER, knobs);
    for (uint32_t pos = 0; pos < TOKENS; pos++) {
        const bool with_head = prefill_head || pos + 1 == TOKENS;
        EQUAL(placed_pass(&placed, tokens[pos], pos, with_head ? TL_WANT_LOGITS : TL_WANT_NOTHING), TL_OK);
    }
    crc = tl_model_logits_crc(&placed.model, crc);
    placed_end(&placed);
    return crc;
}

static void check_invariance(void)
{
    static const uint32_t head_rows[] = {1, 2, 7, 52, 53, 54, 65536};
    static const uint32_t mlp_bytes[] = {4, 88, 148, 500, 3256, 1000000};
    struct native_port native;
    struct test_model truth;
    native_port_init(&native, card, 1024, 1024);
    test_model_make(&truth, test_shape_odd(), 7);
    test_model_write(&truth, card, FOLDER, false);
    const uint32_t crc = crc_of_run(&native, seed_knobs(40, 256, 98304), true);
    test_case("chunk sizes of the head do not change a bit of the logits");
    for (size_t i = 0; i < sizeof head_rows / sizeof *head_rows; i++) {
        EQUAL(crc_of_run(&native, seed_knobs(40, head_rows[i], 98304), true), crc);
    }
    test_case("nor do those of the MLP");
    for (size_t i = 0; i < sizeof mlp_bytes / sizeof *mlp_bytes; i++) {
        EQUAL(crc_of_run(&native, seed_knobs(40, 256, mlp_bytes[i]), true), crc);
    }
    test_case("nor does the context, or leaving out the head during prefill");
    EQUAL(crc_of_run(&native, seed_knobs(TOKENS, 256, 98304), true), crc);
    EQUAL(crc_of_run(&native, seed_knobs(40, 256, 98304), false), crc);
    test_case("but another weight does");
    truth.tensor[TL_DOWN][100] = -truth.tensor[TL_DOWN][100];
    test_model_write(&truth, card, FOLDER, false);
    CHECK(crc_of_run(&native, seed_knobs(40, 256, 98304), true) != crc);
    test_model_free(&truth);
    native_port_free(&native);
}

static uint32_t pieces(uint32_t rows, uint32_t chunk)
{
    return (rows + chunk - 1) / chunk;
}

static void check_counts(void)
{
    struct native_port native;
    struct test_model truth;
    struct placed placed;
    native_port_init(&native, card, 1024, 1024);
    test_model_make(&truth, test_shape_odd(), 3);
    test_model_write(&truth, card, FOLDER, true);
    placed_begin(&placed, &native, FOLDER, seed_knobs(20, 10, 300));
    const struct tl_model *m = &placed.model;

    test_case("counts a load's reads: configuration, two pieces of manifest, three norms");
    EQUAL(m->card.traffic.reads, 6);
    EQUAL(m->card.traffic.seeks, 5);
    EQUAL(native.reads, 6);

    test_case("plans chunks by bytes: 300 are 3 rows of 22 and 2 of 37");
    EQUAL(m->need.up_rows, 3);
    EQUAL(m->need.down_rows, 2);

    test_case("counts a token's reads and seeks as the protocol says");
    const struct tl_traffic before = m->card.traffic;
    EQUAL(placed_pass(&placed, 5, 0, TL_WANT_LOGITS), TL_OK);
    const uint32_t up = pieces(37, 3), down = pieces(22, 2), head = pieces(53, 10);
    EQUAL(m->card.traffic.reads - before.reads, 1 + 3 * (4 + 2 * up + down) + head);
    /* Gate and up take turns, so each of their reads seeks; down and head are read in order. */
    EQUAL(m->card.traffic.seeks - before.seeks, 1 + 3 * (4 + 2 * up + 1) + 1);
    const uint32_t weights = 22 + 3 * (2 * 60 * 22 + 2 * 20 * 22 + 3 * 37 * 22) + 53 * 22;
    EQUAL(m->card.traffic.bytes - before.bytes, weights * 4);
    EQUAL(m->card.traffic.reads, native.reads);
    CHECK(m->card.traffic.card_us >= m->card.traffic.bytes / 4);
    EQUAL(m->reads.embed, 1);
    EQUAL(m->reads.attention, 3 * 4);
    EQUAL(m->reads.mlp, 3 * (2 * up + down));
    EQUAL(m->reads.head, head);

    test_case("charges exactly the model's multiply-accumulates");
    EQUAL(native.worked[TL_KERNEL_DOT], weights - 22 + 3 * 2 * 60);

    test_case("splits its time into stages");
    const struct tl_stage_times *t = &m->times;
    CHECK(t->embed_us > 0 && t->attention_us > t->embed_us && t->mlp_us > 0 && t->head_us > 0);

    test_case("reads no head when none is wanted");
    const uint32_t reads = native.reads;
    EQUAL(placed_pass(&placed, 5, 1, TL_WANT_NOTHING), TL_OK);
    EQUAL(native.reads - reads, 1 + 3 * (4 + 2 * up + down));
    placed_end(&placed);
    test_model_free(&truth);
    native_port_free(&native);
}

static void check_faults(void)
{
    struct native_port native;
    struct test_model truth;
    struct placed placed;
    native_port_init(&native, card, 1024, 1024);
    test_model_make(&truth, test_shape_tied(), 3);
    test_model_write(&truth, card, FOLDER, false);
    placed_begin(&placed, &native, FOLDER, seed_knobs(8, 256, 98304));
    test_case("refuses tokens and positions out of range");
    EQUAL(placed_pass(&placed, 32, 0, TL_WANT_LOGITS), TL_ERR_BAD_ARGUMENT);
    EQUAL(placed_pass(&placed, 0, 8, TL_WANT_LOGITS), TL_ERR_BAD_ARGUMENT);
    test_case("names the file that could not be read, and works again afterwards");
    for (uint32_t read = 1; read <= 9; read++) {
        native.fail_read = native.reads + read;
        EQUAL(placed_pass(&placed, 1, 0, TL_WANT_LOGITS), TL_ERR_CARD_READ);
        CHECK(placed.model.fault.subject != NULL);
        EQUAL(placed_pass(&placed, 1, 0, TL_WANT_LOGITS), TL_OK);
    }
    CHECK(strcmp(placed.model.fault.subject, "embed_tokens.bin") == 0);
    test_case("says bad logits on NaN and infinity");
    placed.model.state.logits[31] = NAN;
    EQUAL(tl_model_check_logits(&placed.model), TL_ERR_BAD_LOGITS);
    placed.model.state.logits[31] = -INFINITY;
    EQUAL(tl_model_check_logits(&placed.model), TL_ERR_BAD_LOGITS);
    test_case("runs without a work hook, as on hardware");
    native.port.hal.work = NULL;
    EQUAL(placed_pass(&placed, 1, 0, TL_WANT_LOGITS), TL_OK);
    placed_end(&placed);
    test_model_free(&truth);
    native_port_free(&native);
}

static void check_refused_open(void)
{
    struct native_port native;
    struct tl_model model;
    char scratch[TL_CONFIG_MAX_BYTES];
    test_case("a folder that is refused leaves no file open");
    native_port_init(&native, card, 1024, 1024);
    test_remove_file(card, FOLDER, "up_proj.bin");
    EQUAL(tl_model_open(&model, &native.port.hal, FOLDER, scratch), TL_ERR_NO_FILE);
    EQUAL(native.open_files, 0);
    tl_model_close(&model);
    EQUAL(tl_model_open(&model, &native.port.hal, "nowhere", scratch), TL_ERR_NO_FILE);
    EQUAL(native.open_files, 0);
    native_port_free(&native);
}

static void check_plan(void)
{
    const struct tl_config tiny_llm = {
        .hidden = 192, .ffn = 1024, .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 96, .vocab = 32000,
        .max_context = 1024, .norm_eps = 1e-5f, .rope_theta = 10000.0, .bos = 1, .eos = {2}, .eos_count = 1,
    };
    const struct tl_knobs preset = seed_knobs(512, 256, 98304);
    struct tl_need need;
    struct tl_fault fault;
    test_case("plans Tiny-LLM as seed 001 has it");
    EQUAL(tl_plan(&tiny_llm, &preset, &need, &fault), TL_OK);
    EQUAL(need.up_rows, 128);
    EQUAL(need.down_rows, 24);
    EQUAL(need.kv_bytes, 393216);
    EQUAL(need.stage_attention, 147456);
    EQUAL(need.stage_mlp, 98304);
    EQUAL(need.stage_head, 196608);
    EQUAL(need.stage_bytes, 196608);
    EQUAL(need.logits_bytes, 128000);
    EQUAL(need.embed_bytes, 768);
    EQUAL(need.norm_bytes, 2304);
    CHECK(need.internal_fits && need.internal_bytes < 65536);
    EQUAL(need.psram_bytes, 393216 + 196608 + 128000);
    EQUAL(need.code_count + need.scale_count + need.resident_bytes + need.bounce_bytes, 0);
    test_case("which makes 154 reads a token");
    const uint32_t mlp = 2 * pieces(1024, need.up_rows) + pieces(192, need.down_rows);
    EQUAL(need.gate_rows, need.up_rows);
    EQUAL(mlp, 24);
    EQUAL(1 + 4 + mlp + pieces(32000, need.head_rows), 154);
    test_case("reads at least one row, however small the chunk");
    EQUAL(tl_plan(&tiny_llm, &(struct tl_knobs){.context = 512, .head_rows = 256, .mlp_bytes = 4}, &need, &fault), TL_OK);
    EQUAL(need.up_rows, 1);
    EQUAL(need.down_rows, 1);
    EQUAL(need.stage_mlp, 4096);
    test_case("moves activations to PSRAM when they exceed internal RAM's share");
    struct tl_config wide = tiny_llm;
    wide.ffn = 16384;
    EQUAL(tl_plan(&wide, &preset, &need, &fault), TL_OK);
    CHECK(!need.internal_fits && need.internal_bytes == 0);
    test_case("refuses what exceeds 32 bits, and knobs out of range");
    struct tl_config huge = tiny_llm;
    huge.layers = 1024, huge.kv_heads = 2, huge.head_dim = 4096, huge.max_context = 8192;
    EQUAL(tl_plan(&huge, &(struct tl_knobs){.context = 8192, .head_rows = 256, .mlp_bytes = 98304}, &need, &fault), TL_ERR_BAD_CONFIG);
    EQUAL(tl_plan(&tiny_llm, &(struct tl_knobs){.context = 0, .head_rows = 256, .mlp_bytes = 98304}, &need, &fault), TL_ERR_BAD_CONFIG);
    EQUAL(tl_plan(&tiny_llm, &(struct tl_knobs){.context = 1025, .head_rows = 256, .mlp_bytes = 98304}, &need, &fault), TL_ERR_BAD_CONFIG);
    EQUAL(tl_plan(&tiny_llm, &(struct tl_knobs){.context = 512, .head_rows = 0, .mlp_bytes = 98304}, &need, &fault), TL_ERR_BAD_CONFIG);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    check_against_double(test_shape_odd(), "three layers of grouped-query attention match double precision");
    check_against_double(test_shape_tied(), "one layer with a tied head matches double precision");
    check_invariance();
    check_counts();
    check_faults();
    check_refused_open();
    check_plan();
    return test_report();
}
