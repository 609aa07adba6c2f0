#include "bench_knobs.h"

#include <stddef.h>
#include <string.h>

#include "bench_answer.h"
#include "bench_record.h"

struct knob {
    const char *key;
    uint32_t preset;
    uint32_t min;
    uint32_t max;
    const char *const *names; /* (max + 1) of the values; NULL: plain numbers */
};

static const char *const strategies[] = {"seed", "fast"};
static const char *const screens[] = {"off", "certain", "checked"};

static const struct knob knobs[BENCH_KNOB_COUNT] = {
    [KNOB_STRATEGY] = {"strategy", TL_SEED, TL_SEED, TL_FAST, strategies},
    [KNOB_CONTEXT] = {"context", 512, 1, TL_MAX_CONTEXT, NULL},
    [KNOB_HEAD_ROWS] = {"head_rows", 256, 1, 65536, NULL},
    [KNOB_MLP_BYTES] = {"mlp_bytes", 98304, 4, 4194304, NULL},
    [KNOB_PREFILL_HEAD] = {"prefill_head", 1, 0, 1, NULL},
    [KNOB_RESIDENT] = {"resident", 31, 0, 31, NULL},
    [KNOB_CACHE_BYTES] = {"cache_bytes", 4194304, 0, 4194304, NULL},
    [KNOB_SCREEN] = {"screen", TL_SCREEN_CERTAIN, TL_SCREEN_OFF, TL_SCREEN_CHECKED, screens},
    [KNOB_SCREEN_ROWS] = {"screen_rows", 2048, 1, 4096, NULL},
    [KNOB_CHUNK_BYTES] = {"chunk_bytes", 16384, 512, 65536, NULL},
    [KNOB_READ_AHEAD] = {"read_ahead", 1, 0, 1, NULL},
    [KNOB_BATCH] = {"batch", 8, 1, TL_MAX_BATCH, NULL},
    [KNOB_CORE_SPLIT] = {"core_split", 50, 0, 100, NULL},
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/** A loaded model narrows the context. */
static uint32_t max_of(const struct bench *bench, int index)
{
    const struct bench_loaded *loaded = &bench->loaded;
    if (index != KNOB_CONTEXT || !loaded->ready) return knobs[index].max;
    return smaller(knobs[index].max, loaded->model.config.max_context);
}

void bench_knobs_reset(struct bench *bench)
{
    for (int i = 0; i < BENCH_KNOB_COUNT; i++) bench->knobs[i] = knobs[i].preset;
}

/** What a model may take: what is free, but for the prompt's ids. */
static uint32_t psram_for_model(const struct bench *bench, uint32_t context)
{
    const uint32_t own = (context + 1) * 4;
    struct bench_usage usage;
    bench->port->memory_usage(bench->port->ctx, BENCH_PSRAM, &usage);
    return usage.free > own ? usage.free - own : 0;
}

struct tl_knobs bench_knobs_for(const struct bench *bench, uint32_t max_context)
{
    const uint32_t *value = bench->knobs;
    const uint32_t context = smaller(value[KNOB_CONTEXT], max_context);
    return (struct tl_knobs){
        .strategy = (enum tl_strategy)value[KNOB_STRATEGY],
        .context = context,
        .head_rows = value[KNOB_HEAD_ROWS],
        .mlp_bytes = value[KNOB_MLP_BYTES],
        .psram_bytes = psram_for_model(bench, context),
        .cache_bytes = value[KNOB_CACHE_BYTES],
        .resident = value[KNOB_RESIDENT],
        .chunk_bytes = value[KNOB_CHUNK_BYTES],
        .batch = value[KNOB_BATCH],
        .core_split = value[KNOB_CORE_SPLIT],
        .read_ahead = value[KNOB_READ_AHEAD] != 0,
        .screen = (enum tl_screen_mode)value[KNOB_SCREEN],
        .screen_rows = value[KNOB_SCREEN_ROWS],
    };
}

const char *bench_knob_name(enum bench_knob knob, uint32_t value)
{
    return knobs[knob].names[value];
}

static void add_names(struct bench_record *record, const struct knob *knob)
{
    if (!knob->names) return;
    bench_record_key(record, "names");
    for (uint32_t i = 0; i <= knob->max; i++) {
        bench_text_add(&record->text, i == 0 ? "[\"" : ",\"");
        bench_text_add(&record->text, knob->names[i]);
        bench_text_char(&record->text, '"');
    }
    bench_text_char(&record->text, ']');
}

static void send_knob(const struct bench *bench, uint32_t sequence, int index)
{
    const uint32_t max = max_of(bench, index);
    struct bench_record record;
    bench_record_answer(&record, bench, "knob", sequence);
    bench_record_string(&record, "key", knobs[index].key);
    bench_record_uint(&record, "value", smaller(bench->knobs[index], max));
    bench_record_uint(&record, "default", smaller(knobs[index].preset, max));
    bench_record_uint(&record, "min", knobs[index].min);
    bench_record_uint(&record, "max", max);
    add_names(&record, &knobs[index]);
    bench_record_send(&record, bench);
}

static void list_knobs(struct bench *bench, const struct bench_command *command)
{
    bench_ack(bench, command, "");
    for (int i = 0; i < BENCH_KNOB_COUNT; i++) send_knob(bench, command->sequence, i);
}

static void add_choices(struct bench_text *text, const struct knob *knob)
{
    for (uint32_t i = 0; i <= knob->max; i++) {
        bench_text_add(text, i == 0 ? " is " : i == knob->max ? " or " : ", ");
        bench_text_add(text, knob->names[i]);
    }
}

static void refuse_value(struct bench *bench, uint32_t sequence, int index)
{
    struct bench_problem problem;
    bench_problem_begin(&problem, "bad_value", knobs[index].key);
    if (knobs[index].names) {
        add_choices(&problem.text, &knobs[index]);
    } else {
        bench_text_add(&problem.text, " is an integer from ");
        bench_text_uint(&problem.text, knobs[index].min);
        bench_text_add(&problem.text, " to ");
        bench_text_uint(&problem.text, max_of(bench, index));
    }
    bench_refuse(bench, sequence, &problem);
}

/** Reads a name or a number in range. */
static bool read_value(const struct bench *bench, int index, const char *word, uint32_t *value)
{
    const struct knob *knob = &knobs[index];
    for (uint32_t i = 0; knob->names && i <= knob->max; i++) {
        if (strcmp(word, knob->names[i]) != 0) continue;
        *value = i;
        return true;
    }
    return bench_parse_uint(word, max_of(bench, index), value) && *value >= knob->min;
}

static void set_knob(struct bench *bench, const struct bench_command *command, int index, const char *word)
{
    char extra[64];
    uint32_t value;
    if (!read_value(bench, index, word, &value)) {
        refuse_value(bench, command->sequence, index);
        return;
    }
    bench->knobs[index] = value;
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, ",\"key\":\"");
    bench_text_add(&text, knobs[index].key);
    bench_text_add(&text, "\",\"value\":");
    bench_text_uint(&text, value);
    bench_ack(bench, command, extra);
}

void bench_command_set(struct bench *bench, struct bench_command *command)
{
    const char *key = bench_command_word(command);
    if (!key) {
        list_knobs(bench, command);
        return;
    }
    const char *word = bench_command_word(command);
    if (!word || bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "set takes no argument, or a key and a value");
        return;
    }
    for (int i = 0; i < BENCH_KNOB_COUNT; i++) {
        if (strcmp(key, knobs[i].key) != 0) continue;
        set_knob(bench, command, i, word);
        return;
    }
    bench_refuse_word(bench, command->sequence, "bad_key", "there is no knob ", key);
}
