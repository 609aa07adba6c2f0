#include "bench_info.h"

#include "bench_answer.h"
#include "bench_record.h"

void bench_send_boot(struct bench *bench)
{
    struct bench_record record;
    bench_record_begin(&record, "boot", bench->session.nonce);
    bench_record_uint(&record, "proto", BENCH_PROTOCOL);
    bench_record_string(&record, "reset", bench->chip.reset);
    bench_record_string(&record, "build", bench->chip.build);
    bench_record_string(&record, "elf", bench->chip.elf);
    bench_record_send(&record, bench);
}

static void send_info(const struct bench *bench, uint32_t sequence)
{
    const struct bench_chip *chip = &bench->chip;
    const struct tl_hal *hal = &bench->port->hal;
    struct bench_record record;
    bench_record_answer(&record, bench, "info", sequence);
    bench_record_uint(&record, "proto", BENCH_PROTOCOL);
    bench_record_string(&record, "chip", chip->model);
    bench_record_uint(&record, "rev", chip->revision);
    bench_record_uint(&record, "cores", chip->cores);
    bench_record_string(&record, "mac", chip->mac);
    bench_record_string(&record, "idf", chip->idf);
    bench_record_string(&record, "build", chip->build);
    bench_record_string(&record, "elf", chip->elf);
    bench_record_string(&record, "reset", chip->reset);
    bench_record_uint(&record, "us", hal->now_us(hal->ctx));
    bench_record_uint(&record, "card", bench->card_mounted);
    bench_record_string(&record, "folder", bench->loaded.ready ? bench->loaded.folder : "-");
    bench_record_send(&record, bench);
}

static void send_mem(const struct bench *bench, uint32_t sequence)
{
    const struct bench_port *port = bench->port;
    struct bench_usage psram, heap;
    port->memory_usage(port->ctx, BENCH_PSRAM, &psram);
    port->memory_usage(port->ctx, BENCH_HEAP, &heap);
    struct bench_record record;
    bench_record_answer(&record, bench, "mem", sequence);
    bench_record_uint(&record, "psram", psram.total);
    bench_record_uint(&record, "psram_free", psram.free);
    bench_record_uint(&record, "psram_peak", psram.peak);
    bench_record_uint(&record, "heap", heap.total);
    bench_record_uint(&record, "heap_free", heap.free);
    bench_record_uint(&record, "heap_peak", heap.peak);
    bench_record_stack(&record, bench);
    bench_record_send(&record, bench);
}

static void add_shape(struct bench_record *record, const struct tl_config *c)
{
    bench_record_string(record, "format", "float32");
    bench_record_uint(record, "hidden", c->hidden);
    bench_record_uint(record, "ffn", c->ffn);
    bench_record_uint(record, "layers", c->layers);
    bench_record_uint(record, "heads", c->heads);
    bench_record_uint(record, "kv_heads", c->kv_heads);
    bench_record_uint(record, "head_dim", c->head_dim);
    bench_record_uint(record, "vocab", c->vocab);
}

static void add_need(struct bench_record *record, const struct tl_need *n)
{
    bench_record_uint(record, "kv_bytes", n->kv_bytes);
    bench_record_uint(record, "stage_bytes", n->stage_bytes);
    bench_record_uint(record, "stage_attention", n->stage_attention);
    bench_record_uint(record, "stage_mlp", n->stage_mlp);
    bench_record_uint(record, "stage_head", n->stage_head);
    bench_record_uint(record, "logits_bytes", n->logits_bytes);
    bench_record_uint(record, "embed_bytes", n->embed_bytes);
    bench_record_uint(record, "work_bytes", n->work_bytes);
    bench_record_uint(record, "norm_bytes", n->norm_bytes);
}

static void send_model(const struct bench *bench, uint32_t sequence)
{
    const struct tl_model *model = &bench->loaded.model;
    struct bench_record record;
    bench_record_answer(&record, bench, "model", sequence);
    add_shape(&record, &model->config);
    bench_record_uint(&record, "context", model->need.context);
    bench_record_uint(&record, "max_context", model->config.max_context);
    if (model->weights.has_manifest) bench_record_hash(&record, "manifest", model->weights.manifest_crc);
    else bench_record_string(&record, "manifest", "-");
    add_need(&record, &model->need);
    bench_record_send(&record, bench);
}

void bench_command_info(struct bench *bench, struct bench_command *command)
{
    if (bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "info takes no argument");
        return;
    }
    bench_ack(bench, command, "");
    send_info(bench, command->sequence);
    send_mem(bench, command->sequence);
    if (bench->loaded.ready) send_model(bench, command->sequence);
}
