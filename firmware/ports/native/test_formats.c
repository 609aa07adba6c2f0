/* Models in every weight format and in mixtures, through the strategy `seed`: to the bit against FORMATS.md read as it stands. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_naive.h"
#include "native_packed.h"
#include "native_placed.h"

#define FOLDER "formats"
#define TOKENS 5

static const char *card;
static const uint32_t tokens[TOKENS] = {1, 17, 4, 30, 4};

/** The odd shape with an MLP and heads wide enough for two spans of 256. */
static struct tl_config shape_wide(void)
{
    struct tl_config config = test_shape_odd();
    config.layers = 2, config.ffn = 333, config.head_dim = 44;
    return config;
}

#define MAX_VOCAB 64

/** `truth` holds the logits (TOKENS, MAX_VOCAB) of every position. */
static void run(struct native_port *native, const float *truth, uint32_t vocab, struct tl_knobs knobs)
{
    struct placed placed;
    placed_begin(&placed, native, FOLDER, knobs);
    for (uint32_t pos = 0; pos < TOKENS; pos++) {
        EQUAL(placed_pass(&placed, tokens[pos], pos, pos % 2 ? TL_WANT_LOGITS : TL_WANT_BEST), TL_OK);
        const float *expected = truth + pos * MAX_VOCAB;
        CHECK(memcmp(placed.model.state.logits, expected, vocab * 4) == 0);
        uint32_t best = 0;
        for (uint32_t id = 1; id < vocab; id++) best = expected[id] > expected[best] ? id : best;
        EQUAL(placed.model.best.id, best);
        CHECK(placed.model.best.logit == expected[best] && isfinite(expected[best]));
        EQUAL(placed.model.best.exact, vocab);
        EQUAL(placed.model.best.rank, 0);
    }
    placed_end(&placed);
    EQUAL(native->open_files, 0);
}

static void check_model(struct tl_config config, uint64_t seed)
{
    struct native_port native;
    struct test_packed truth;
    native_port_init(&native, card, 1024, 1024);
    test_packed_make(&truth, config, seed);
    test_packed_write(&truth, card, FOLDER);
    float logits[TOKENS * MAX_VOCAB];
    for (uint32_t pos = 0; pos < TOKENS; pos++) test_packed_forward(&truth, tokens, pos + 1, logits + pos * MAX_VOCAB);
    run(&native, logits, config.vocab, seed_knobs(20, 7, 300));
    run(&native, logits, config.vocab, seed_knobs(TOKENS, 1, 4));
    run(&native, logits, config.vocab, seed_knobs(40, 256, 98304));
    test_packed_free(&truth);
    native_port_free(&native);
}

static void check_formats(void)
{
    char title[120];
    for (int f = 0; f < TL_FORMAT_COUNT; f++) {
        struct tl_config shapes[] = {test_shape_odd(), test_shape_tied(), shape_wide()};
        snprintf(title, sizeof title, "a model in %s gives the page's logits, to the bit", tl_format_name((enum tl_format)f));
        test_case(title);
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            test_packed_format(&shapes[i], (enum tl_format)f);
            check_model(shapes[i], 31 + (uint64_t)f);
        }
    }
}

static void check_mixtures(void)
{
    uint64_t seed = 77;
    test_case("and so do mixtures, tensor by tensor");
    for (int round = 0; round < 12; round++) {
        struct tl_config config = round % 3 == 0 ? test_shape_tied() : round % 3 == 1 ? test_shape_odd() : shape_wide();
        test_packed_format(&config, TL_FLOAT32);
        for (int t = 0; t < TL_TENSOR_COUNT; t++) {
            const bool norm = t == TL_NORM1 || t == TL_NORM2 || t == TL_FINAL_NORM;
            if (!norm) config.format[t] = (enum tl_format)(test_random(&seed) % TL_FORMAT_COUNT);
        }
        check_model(config, seed);
    }
}

static uint32_t pieces(uint32_t rows, uint32_t chunk)
{
    return (rows + chunk - 1) / chunk;
}

static void check_counts(void)
{
    struct native_port native;
    struct test_packed truth;
    struct placed placed;
    struct tl_config config = test_shape_odd();
    test_packed_format(&config, TL_INT8_ROW);
    config.format[TL_UP] = TL_FLOAT16;
    config.format[TL_DOWN] = TL_INT4;
    native_port_init(&native, card, 1024, 1024);
    test_packed_make(&truth, config, 5);
    test_packed_write(&truth, card, FOLDER);
    placed_begin(&placed, &native, FOLDER, seed_knobs(20, 10, 300));
    const struct tl_need *need = &placed.model.need;

    test_case("chunks are so many rows as each matrix's bytes a row allow");
    EQUAL(need->gate_rows, 300 / 28);
    EQUAL(need->up_rows, 300 / 44);
    EQUAL(need->down_rows, 300 / 24);
    EQUAL(need->stage_head, 10 * 28);
    EQUAL(need->stage_attention, 22 * 64 > 60 * 28 ? 22 * 64 : 60 * 28);

    test_case("reads what the rows take, gate and up in turn, and counts it");
    const struct tl_traffic before = placed.model.card.traffic;
    EQUAL(placed_pass(&placed, 5, 0, TL_WANT_LOGITS), TL_OK);
    const uint32_t gate = pieces(37, 10), up = pieces(37, 6), down = pieces(22, 12), head = pieces(53, 10);
    EQUAL(placed.model.card.traffic.reads - before.reads, 1 + 3 * (4 + gate + up + down) + head);
    const uint32_t attention = 60 * 28 + 2 * 20 * 28 + 22 * 64;
    const uint32_t bytes = 28 + 3 * (attention + 37 * 28 + 37 * 44 + 22 * 24) + 53 * 28;
    EQUAL(placed.model.card.traffic.bytes - before.bytes, bytes);
    /* Gate's four chunks and up's first four take turns; the last three of up follow each other. */
    EQUAL(placed.model.card.traffic.seeks - before.seeks, 1 + 3 * (4 + gate + gate + 1) + 1);

    test_case("charges each format's kernel, and each quantized vector once");
    EQUAL(native.worked[TL_KERNEL_DOT_INT8], 3 * (60 * 22 + 2 * 20 * 22 + 22 * 60 + 37 * 22) + 53 * 22);
    EQUAL(native.worked[TL_KERNEL_DOT_FLOAT16], 3 * 37 * 22);
    EQUAL(native.worked[TL_KERNEL_DOT_INT4], 3 * 22 * 37);
    EQUAL(native.worked[TL_KERNEL_DOT], 3 * 2 * 60);
    EQUAL(native.worked[TL_KERNEL_QUANTIZE], 3 * (22 + 60 + 22 + 37) + 22);
    placed_end(&placed);
    test_packed_free(&truth);
    native_port_free(&native);
}

/** Bytes in which row 0 of any scaled format has a scale that is NaN. */
static const unsigned char nan_scale[4] = {0xff, 0xff, 0xff, 0x7f};

static void check_bad_scale(enum tl_tensor tensor, uint32_t row, const char *file)
{
    struct native_port native;
    struct test_packed truth;
    struct placed placed;
    struct tl_config config = test_shape_odd();
    test_packed_format(&config, TL_INT4);
    native_port_init(&native, card, 1024, 1024);
    test_packed_make(&truth, config, 5);
    const uint32_t offset = (uint32_t)(test_packed_row(&truth, tensor, 0, row) - truth.data[tensor]);
    memcpy(truth.data[tensor] + offset, nan_scale + 2, 2);
    test_packed_write(&truth, card, FOLDER);
    placed_begin(&placed, &native, FOLDER, seed_knobs(20, 10, 300));
    EQUAL(placed_pass(&placed, 5, 0, TL_WANT_LOGITS), TL_ERR_BAD_WEIGHTS);
    CHECK(placed.model.fault.file && strcmp(placed.model.fault.file, file) == 0);
    placed_end(&placed);
    EQUAL(native.open_files, 0);
    test_packed_free(&truth);
    native_port_free(&native);
}

static void check_bad_scales(void)
{
    test_case("a scale that is NaN ends the pass with its file's name");
    check_bad_scale(TL_EMBED, 5, "embed_tokens.bin");
    check_bad_scale(TL_Q, 59, "q_proj.bin");
    check_bad_scale(TL_O, 3, "o_proj.bin");
    check_bad_scale(TL_GATE, 20, "gate_proj.bin");
    check_bad_scale(TL_UP, 36, "up_proj.bin");
    check_bad_scale(TL_DOWN, 0, "down_proj.bin");
    check_bad_scale(TL_HEAD, 52, "lm_head.bin");
}

static int place_with(const char *scales, struct native_port *native, struct placed *placed)
{
    if (scales) test_write_file(card, FOLDER, "quantization_scales.json", scales, (uint32_t)strlen(scales));
    else test_remove_file(card, FOLDER, "quantization_scales.json");
    placed_prepare(placed, native, FOLDER, seed_knobs(20, 10, 300));
    const int result = placed_fill(placed);
    if (result != TL_OK) CHECK(strcmp(placed->model.fault.file, "quantization_scales.json") == 0);
    placed_end(placed);
    EQUAL(native->open_files, 0);
    return result;
}

static void check_scales_file(void)
{
    static const struct {
        const char *text;
        const char *subject;
    } bad[] = {
        {"{\"q_proj\":[1,1,1]}", "lm_head"},
        {"{\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":1,\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,1],\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,1,1,1],\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,0,1],\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,-1,1],\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,\"1\",1],\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,[1],1],\"lm_head\":1}", "q_proj"},
        {"{\"q_proj\":[1,1,1],\"lm_head\":[1]}", "lm_head"},
        {"{\"q_proj\":[1,1,1],\"lm_head\":null}", "lm_head"},
        {"{\"q_proj\":[1,1,1],\"lm_head\":1e39}", "lm_head"},
        {"{\"q_proj\":[1,1,1],\"lm_head\":1e-39}", "lm_head"},
        {"{\"q_proj\":[1,1,1],\"lm_head\":NaN}", "quantization_scales.json"},
        {"{\"q_proj\":[1,1,1],\"lm_head\":1,\"lm_head\":1}", "quantization_scales.json"},
        {"[]", "quantization_scales.json"},
        {"", "quantization_scales.json"},
    };
    struct native_port native;
    struct test_packed truth;
    struct placed placed;
    struct tl_config config = test_shape_odd();
    test_packed_format(&config, TL_INT4);
    config.format[TL_Q] = config.format[TL_HEAD] = TL_INT8;
    native_port_init(&native, card, 1024, 1024);
    test_packed_make(&truth, config, 5);
    test_packed_write(&truth, card, FOLDER);
    test_case("scales that are missing or no positive number are refused, with file and key");
    EQUAL(place_with(NULL, &native, &placed), TL_ERR_NO_FILE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        EQUAL(place_with(bad[i].text, &native, &placed), TL_ERR_BAD_CONFIG);
        const char *said = placed.model.fault.subject;
        if (!CHECK(said && strcmp(said, bad[i].subject) == 0)) printf("    %s: said %s\n", bad[i].text, said);
        CHECK(placed.model.fault.reason != NULL);
    }
    char long_text[5000];
    memset(long_text, ' ', sizeof long_text);
    memcpy(long_text + sizeof long_text - 40, "{\"q_proj\":[1,1,1],\"lm_head\":1}\0", 32);
    EQUAL(place_with(long_text, &native, &placed), TL_ERR_BAD_CONFIG);
    EQUAL(place_with(" {\"other\":[], \"lm_head\" : 0.5 ,\"q_proj\": [ 1e-3 ,2, 3.5]}", &native, &placed), TL_OK);
    EQUAL(place_with("{\"lm_head\":1.17549435e-38,\"q_proj\":[3.40282347e38,1,1]}", &native, &placed), TL_OK);
    EQUAL(place_with("{\"lm_head\":1.17549428e-38,\"q_proj\":[1,1,1]}", &native, &placed), TL_ERR_BAD_CONFIG);
    EQUAL(place_with("{\"lm_head\":1,\"q_proj\":[3.40282357e38,1,1]}", &native, &placed), TL_ERR_BAD_CONFIG);
    test_case("an unreadable scales' file is named");
    placed_prepare(&placed, &native, FOLDER, seed_knobs(20, 10, 300));
    native.fail_read = native.reads + 1;
    EQUAL(placed_fill(&placed), TL_ERR_CARD_READ);
    CHECK(strcmp(placed.model.fault.file, "quantization_scales.json") == 0);
    placed_end(&placed);
    test_packed_free(&truth);
    native_port_free(&native);
}

static int open_it(struct native_port *native, struct tl_model *model)
{
    static uint32_t scratch[TL_CONFIG_MAX_BYTES / 4];
    const int result = tl_model_open(model, &native->port.hal, FOLDER, scratch);
    tl_model_close(model);
    EQUAL(native->open_files, 0);
    return result;
}

static void check_sizes(void)
{
    struct native_port native;
    struct tl_model model;
    struct tl_config config = test_shape_odd();
    native_port_init(&native, card, 1024, 1024);
    test_case("a file of another format's size is refused, with both sizes");
    for (int f = 1; f < TL_FORMAT_COUNT; f++) {
        struct test_packed truth;
        test_packed_format(&config, (enum tl_format)f);
        test_packed_make(&truth, config, 5);
        test_packed_write(&truth, card, FOLDER);
        EQUAL(open_it(&native, &model), TL_OK);
        test_write_file(card, FOLDER, "down_proj.bin", truth.data[TL_DOWN], truth.bytes[TL_DOWN] - 1);
        EQUAL(open_it(&native, &model), TL_ERR_BAD_SIZE);
        CHECK(strcmp(model.fault.file, "down_proj.bin") == 0);
        EQUAL(model.fault.expected, truth.bytes[TL_DOWN]);
        EQUAL(model.fault.found, truth.bytes[TL_DOWN] - 1);
        test_packed_free(&truth);
    }
    native_port_free(&native);
}

static void write_config(const struct tl_config *config, const char *from, const char *to)
{
    char text[2048], changed[2100];
    test_config_text(config, text, sizeof text);
    const char *at = strstr(text, from);
    if (!at) abort();
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    test_write_file(card, FOLDER, "model_config.json", changed, (uint32_t)strlen(changed));
}

static void check_config(void)
{
    struct native_port native;
    struct tl_model model;
    struct test_packed truth;
    struct tl_config config = test_shape_tied();
    test_packed_format(&config, TL_INT4);
    config.format[TL_K] = TL_BINARY;
    native_port_init(&native, card, 1024, 1024);
    test_packed_make(&truth, config, 5);
    test_packed_write(&truth, card, FOLDER);
    test_case("reads every matrix's format, and a tied head's from the embedding");
    EQUAL(open_it(&native, &model), TL_OK);
    EQUAL(model.config.format[TL_HEAD], TL_INT4);
    EQUAL(model.config.format[TL_K], TL_BINARY);
    EQUAL(model.config.format[TL_NORM1], TL_FLOAT32);
    EQUAL(model.weights.screen_file.handle, -1);
    test_case("refuses a format that it does not know, with file and key");
    write_config(&config, "\"binary\"", "\"trinary\"");
    EQUAL(open_it(&native, &model), TL_ERR_BAD_CONFIG);
    CHECK(strcmp(model.fault.subject, "k_proj_format") == 0 && strcmp(model.fault.file, "model_config.json") == 0);
    write_config(&config, "\"weight_format\":\"int4\"", "\"weight_format\":4");
    EQUAL(open_it(&native, &model), TL_ERR_BAD_CONFIG);
    CHECK(strcmp(model.fault.subject, "weight_format") == 0);
    test_case("ignores a format for norms and for a tied head");
    write_config(&config, "}", ",\"norm1_format\":\"none\",\"lm_head_format\":\"int99\"}");
    EQUAL(open_it(&native, &model), TL_OK);
    test_case("opens a screen, and refuses one of another size");
    const uint32_t size = (uint32_t)tl_screen_bytes(config.vocab, config.hidden);
    unsigned char *screen = calloc(size + 1, 1);
    if (!screen) abort();
    test_write_file(card, FOLDER, "lm_head.screen", screen, size);
    EQUAL(open_it(&native, &model), TL_OK);
    EQUAL(model.weights.screen_file.bytes, size);
    test_write_file(card, FOLDER, "lm_head.screen", screen, size + 1);
    EQUAL(open_it(&native, &model), TL_ERR_BAD_SIZE);
    CHECK(strcmp(model.fault.file, "lm_head.screen") == 0);
    test_remove_file(card, FOLDER, "lm_head.screen");
    free(screen);
    test_packed_free(&truth);
    native_port_free(&native);
}

static void check_plan(void)
{
    struct tl_config tiny_llm = {
        .hidden = 192, .ffn = 1024, .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 96, .vocab = 32000,
        .max_context = 1024, .norm_eps = 1e-5f, .rope_theta = 10000.0, .bos = 1, .eos = {2}, .eos_count = 1,
    };
    const struct tl_knobs preset = seed_knobs(512, 256, 98304);
    struct tl_need need;
    struct tl_fault fault;
    test_case("plans Tiny-LLM in int8 as seed 001 has it: 512 rows of gate and up, 96 of down, no more PSRAM than its 700 KB");
    test_packed_format(&tiny_llm, TL_INT8);
    EQUAL(tl_plan(&tiny_llm, &preset, &need, &fault), TL_OK);
    EQUAL(need.gate_rows, 512);
    EQUAL(need.up_rows, 512);
    EQUAL(need.down_rows, 96);
    EQUAL(need.stage_attention, 36864);
    EQUAL(need.stage_mlp, 98304);
    EQUAL(need.stage_head, 49152);
    EQUAL(need.psram_bytes, 393216 + 98304 + 128000);
    EQUAL(need.code_count, 1024);
    EQUAL(need.scale_count, 9);
    CHECK(need.internal_fits);
    test_case("a model without integer formats needs no codes");
    test_packed_format(&tiny_llm, TL_FLOAT16);
    EQUAL(tl_plan(&tiny_llm, &preset, &need, &fault), TL_OK);
    EQUAL(need.code_count, 0);
    EQUAL(need.scale_count, 0);
    test_case("the stage takes an embedding row that is longer than all else, and the scales' file");
    const struct tl_knobs least = {.context = 1, .head_rows = 1, .mlp_bytes = 1};
    struct tl_config small = tiny_llm;
    small.hidden = small.ffn = small.heads = 1, small.head_dim = 2;
    test_packed_format(&small, TL_BFLOAT16);
    EQUAL(tl_plan(&small, &least, &need, &fault), TL_OK);
    EQUAL(need.stage_bytes, 4);
    small.format[TL_EMBED] = TL_INT4;
    EQUAL(tl_plan(&small, &least, &need, &fault), TL_OK);
    EQUAL(need.stage_bytes, 8);
    small.format[TL_K] = TL_INT8;
    EQUAL(tl_plan(&small, &least, &need, &fault), TL_OK);
    EQUAL(need.stage_bytes, TL_CONFIG_MAX_BYTES);
}

int main(int argc, char **argv)
{
    card = argc > 1 ? argv[1] : ".";
    check_formats();
    check_mixtures();
    check_counts();
    check_bad_scales();
    check_scales_file();
    check_sizes();
    check_config();
    check_plan();
    return test_report();
}
