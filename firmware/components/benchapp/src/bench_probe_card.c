#include <string.h>

#include "bench_answer.h"
#include "bench_card.h"
#include "bench_probe_kinds.h"
#include "tl_card.h"

/** One pass over a file. */
struct reading {
    struct tl_card card;
    struct tl_file file;
    struct tl_fault fault;
    char *target;
    char *bounce; /* NULL: straight to the target */
    uint64_t min_us;
    uint64_t max_us;
};

static bool is_plain(const char *word)
{
    return word && !strchr(word, '=') && !strstr(word, "..") && word[0] != '/';
}

/** Opens the file that the next two words name. False when it was refused. */
static bool open_file(struct bench *bench, struct bench_command *command, const char **folder, struct reading *reading)
{
    *folder = bench_command_word(command);
    const char *name = *folder ? bench_command_word(command) : NULL;
    if (!is_plain(*folder) || !is_plain(name)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "give a folder of the card and a file in it");
        return false;
    }
    if (!bench->card_mounted) {
        bench_refuse_line(bench, command->sequence, "no_card", "there is no SD card, or it cannot be mounted");
        return false;
    }
    tl_card_init(&reading->card, &bench->port->hal);
    const int result = tl_card_open(&reading->card, *folder, name, &reading->file, &reading->fault);
    if (result == TL_OK) return true;
    struct bench_problem problem;
    bench_problem_of_core(&problem, result, &reading->fault, *folder);
    bench_refuse(bench, command->sequence, &problem);
    return false;
}

/** The copy from internal RAM to its target, which the core's own port does inside a read where it must. */
static void copy_on(const struct bench *bench, char *target, const char *from, uint32_t bytes)
{
    memcpy(target, from, bytes);
    tl_charge(&bench->port->hal, TL_KERNEL_ELEMENTWISE, (bytes + 3) / 4, target, bytes);
}

static int read_block(const struct bench *bench, const struct bench_probe *probe, struct reading *reading,
                      uint32_t offset)
{
    if (!reading->bounce)
        return tl_card_read(&reading->card, &reading->file, offset, reading->target, probe->size, &reading->fault);
    for (uint32_t done = 0; done < probe->size;) {
        const uint32_t left = probe->size - done;
        const uint32_t piece = left < probe->bounce ? left : probe->bounce;
        const int result =
            tl_card_read(&reading->card, &reading->file, offset + done, reading->bounce, piece, &reading->fault);
        if (result != TL_OK) return result;
        copy_on(bench, reading->target + done, reading->bounce, piece);
        done += piece;
    }
    return TL_OK;
}

/** The k-th read of a pass starts k steps into the file, which goes round at its end. */
static uint32_t offset_of(const struct bench_probe *probe, const struct reading *reading, uint32_t call)
{
    const uint32_t step = probe->step ? probe->step : probe->size;
    const uint32_t places = (reading->file.bytes - probe->size) / step + 1;
    return call % places * step;
}

static int read_blocks(const struct bench *bench, const struct bench_probe *probe, struct reading *reading)
{
    for (uint32_t call = 0; call < probe->calls; call++) {
        const uint64_t since_us = bench_probe_now(bench);
        const int result = read_block(bench, probe, reading, offset_of(probe, reading, call));
        if (result != TL_OK) return result;
        const uint64_t us = bench_probe_now(bench) - since_us;
        if (call == 0 || us < reading->min_us) reading->min_us = us;
        if (us > reading->max_us) reading->max_us = us;
    }
    return TL_OK;
}

static void measure(struct bench *bench, const struct bench_probe *probe, struct reading *reading, const char *folder)
{
    const uint64_t since_us = bench_probe_now(bench);
    const int result = read_blocks(bench, probe, reading);
    if (result != TL_OK) {
        struct bench_problem problem;
        bench_problem_of_core(&problem, result, &reading->fault, folder);
        bench_refuse(bench, probe->sequence, &problem);
        return;
    }
    struct bench_record record;
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "reads", reading->card.traffic.reads);
    bench_record_uint(&record, "seeks", reading->card.traffic.seeks);
    bench_record_uint(&record, "bytes", reading->card.traffic.bytes);
    bench_record_uint(&record, "min_us", reading->min_us);
    bench_record_uint(&record, "max_us", reading->max_us);
    bench_record_send(&record, bench);
}

static void measure_with_memory(struct bench *bench, struct bench_command *command, const struct bench_probe *probe,
                                struct reading *reading, const char *folder)
{
    const enum bench_memory kind = (enum bench_memory)probe->memory;
    reading->target = bench_probe_take(bench, probe, kind, probe->size);
    if (!reading->target) return;
    if (probe->bounce) reading->bounce = bench_probe_take(bench, probe, BENCH_HEAP, probe->bounce);
    if (!probe->bounce || reading->bounce) {
        bench_ack(bench, command, "");
        measure(bench, probe, reading, folder);
    }
    bench_probe_give(bench, BENCH_HEAP, reading->bounce);
    bench_probe_give(bench, kind, reading->target);
}

void bench_probe_card(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    struct reading reading = {.target = NULL};
    const char *folder;
    probe->size = 4096;
    if (!open_file(bench, command, &folder, &reading)) return;
    if (bench_probe_options(bench, command, probe)) {
        if (probe->size > reading.file.bytes)
            bench_refuse_line(bench, command->sequence, "bad_value", "size is more than the file has");
        else measure_with_memory(bench, command, probe, &reading, folder);
    }
    tl_card_close(&reading.card, &reading.file);
}

/** In how many pieces the file lies on the card; left out on a port that cannot tell. */
static void add_fragments(struct bench_record *record, const struct bench *bench, const char *folder, const char *name)
{
    const struct bench_port *port = bench->port;
    char path[BENCH_MAX_PATH];
    uint32_t count;
    if (!port->card) return;
    bench_card_path(path, folder, "", name);
    if (port->card->fragments(port->ctx, path, &count) == 0) bench_record_uint(record, "fragments", count);
}

void bench_probe_open(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    struct reading reading = {.target = NULL};
    struct bench_record record;
    const char *folder;
    if (!open_file(bench, command, &folder, &reading)) return;
    const char *name = reading.file.name;
    tl_card_close(&reading.card, &reading.file);
    if (!bench_probe_options(bench, command, probe)) return;
    bench_ack(bench, command, "");
    const uint64_t since_us = bench_probe_now(bench);
    for (uint32_t call = 0; call < probe->calls; call++) {
        tl_card_open(&reading.card, folder, name, &reading.file, &reading.fault);
        tl_card_close(&reading.card, &reading.file);
    }
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "units", probe->calls);
    add_fragments(&record, bench, folder, name);
    bench_record_send(&record, bench);
}

void bench_probe_mount(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    struct bench_record record;
    if (!bench_probe_options(bench, command, probe)) return;
    bench_ack(bench, command, "");
    const uint64_t since_us = bench_probe_now(bench);
    bench->card_mounted = bench->port->card_mount(bench->port->ctx) == 0;
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "units", bench->card_mounted);
    bench_record_send(&record, bench);
}
