#include "native_port.h"

#include <stdlib.h>
#include <string.h>

#include "tl_error.h"

static struct native_port *of(void *ctx)
{
    return ctx;
}

#define SECTOR_BYTES 4096u

static void not_in_section(const struct native_port *native)
{
    if (native->in_section) abort(); /* a task touches neither the card nor the flash */
}

static int32_t free_handle(const struct native_port *native)
{
    for (int32_t handle = 0; handle < NATIVE_MAX_FILES; handle++) {
        if (!native->file[handle].stream) return handle;
    }
    return -1;
}

static int32_t card_open(void *ctx, const char *path)
{
    struct native_port *native = of(ctx);
    not_in_section(native);
    const int32_t handle = free_handle(native);
    char full[1024];
    if (handle < 0 || !native->card) return TL_ERR_CARD_READ;
    snprintf(full, sizeof full, "%s/%s", native->card, path);
    FILE *stream = fopen(full, "rb");
    if (!stream) return TL_ERR_NO_FILE;
    fseek(stream, 0, SEEK_END);
    native->file[handle] = (struct native_file){stream, (uint32_t)ftell(stream)};
    native->open_files++;
    return handle;
}

static int card_size(void *ctx, int32_t handle, uint32_t *bytes)
{
    *bytes = of(ctx)->file[handle].bytes;
    return 0;
}

static int card_read_begin(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes)
{
    struct native_port *native = of(ctx);
    not_in_section(native);
    native->reads++;
    if (native->pending) abort(); /* one read at a time */
    if ((uint64_t)offset + bytes > native->file[handle].bytes) abort();
    native->pending = target;
    native->request.handle = handle;
    native->request.offset = offset;
    native->request.target = target;
    native->request.bytes = bytes;
    return 0;
}

/* The bytes come only now, so that a caller who looks at them earlier is found out. */
static int card_read_wait(void *ctx)
{
    struct native_port *native = of(ctx);
    not_in_section(native);
    if (!native->pending) abort();
    FILE *stream = native->file[native->request.handle].stream;
    native->pending = NULL;
    native->clock_us += native->request.bytes / 4;
    if (native->reads == native->fail_read) return TL_ERR_CARD_READ;
    if (fseek(stream, (long)native->request.offset, SEEK_SET) != 0) return TL_ERR_CARD_READ;
    const size_t got = fread(native->request.target, 1, native->request.bytes, stream);
    return got == native->request.bytes ? 0 : TL_ERR_CARD_READ;
}

static void card_close(void *ctx, int32_t handle)
{
    struct native_port *native = of(ctx);
    not_in_section(native);
    fclose(native->file[handle].stream);
    native->file[handle].stream = NULL;
    native->open_files--;
}

static uint64_t now_us(void *ctx)
{
    return ++of(ctx)->clock_us;
}

static void work(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    (void)data;
    (void)bytes;
    of(ctx)->worked[kernel] += count;
}

static void parallel(void *ctx, void (*task)(void *arg, uint32_t core), void *arg)
{
    struct native_port *native = of(ctx);
    if (native->in_section) abort(); /* never nested */
    const uint32_t first = native->sections++ % 2;
    native->in_section = true;
    task(arg, first);
    task(arg, 1 - first);
    native->in_section = false;
}

static const void *flash_map(void *ctx, uint32_t *bytes)
{
    struct native_port *native = of(ctx);
    not_in_section(native);
    *bytes = native->flash_bytes;
    return native->flash;
}

static bool in_flash(const struct native_port *native, uint32_t offset, uint32_t bytes, uint32_t unit)
{
    if (offset % unit != 0 || bytes % unit != 0) return false;
    return offset <= native->flash_bytes && bytes <= native->flash_bytes - offset;
}

static bool refused(struct native_port *native)
{
    not_in_section(native);
    return ++native->flash_operations == native->refused_flash;
}

static void spoil(struct native_port *native, uint32_t offset, uint32_t bytes)
{
    if (native->flash_operations == native->spoiled_flash && bytes > 0) native->flash[offset] ^= 0x10;
}

static int flash_erase(void *ctx, uint32_t offset, uint32_t bytes)
{
    struct native_port *native = of(ctx);
    if (refused(native) || !in_flash(native, offset, bytes, SECTOR_BYTES)) return TL_ERR_FLASH;
    if (bytes > 0) memset(native->flash + offset, 0xff, bytes);
    spoil(native, offset, bytes);
    return 0;
}

/* NOR: programming only clears bits, and what was not erased before comes out as the AND of both. */
static int flash_write(void *ctx, uint32_t offset, const void *data, uint32_t bytes)
{
    struct native_port *native = of(ctx);
    const unsigned char *source = data;
    if (refused(native) || !in_flash(native, offset, bytes, 4) || (uintptr_t)data % 4 != 0) return TL_ERR_FLASH;
    for (uint32_t i = 0; i < bytes; i++) native->flash[offset + i] &= source[i];
    spoil(native, offset, bytes);
    return 0;
}

static void uart_write(void *ctx, const char *bytes, uint32_t count)
{
    struct native_port *native = of(ctx);
    if (native->output_length + count >= NATIVE_OUTPUT_BYTES) abort();
    memcpy(native->output + native->output_length, bytes, count);
    native->output_length += count;
    native->output[native->output_length] = '\0';
}

static void uart_flush(void *ctx)
{
    of(ctx)->flushes++;
}

/** What interrupts a run is heard at a poll only. */
static void interrupt(struct native_port *native)
{
    if (!native->interruption || --native->interruption_poll > 0) return;
    native_say(native, native->interruption);
    native->interruption = NULL;
}

static int32_t uart_read(void *ctx, char *bytes, uint32_t capacity, int64_t timeout_us)
{
    struct native_port *native = of(ctx);
    if (timeout_us == 0) interrupt(native);
    uint32_t count = native->input_length - native->input_at;
    if (count > capacity) count = capacity;
    memcpy(bytes, native->input + native->input_at, count);
    native->input_at += count;
    if (count > 0) return (int32_t)count;
    if (timeout_us == 0) return 0;
    if (timeout_us < 0 || (uint64_t)timeout_us > native->silence_us) return -1;
    native->silence_us -= (uint64_t)timeout_us;
    native->clock_us += (uint64_t)timeout_us;
    return 0;
}

static void uart_baud(void *ctx, uint32_t rate)
{
    of(ctx)->baud = rate;
}

static int card_mount(void *ctx)
{
    return of(ctx)->card ? 0 : -1;
}

static void *memory_take(void *ctx, enum bench_memory kind, uint32_t bytes)
{
    return bench_arena_take(&of(ctx)->arena[kind], bytes);
}

static void memory_give(void *ctx, enum bench_memory kind, void *piece)
{
    bench_arena_give(&of(ctx)->arena[kind], piece);
}

static void memory_usage(void *ctx, enum bench_memory kind, struct bench_usage *usage)
{
    bench_arena_usage(&of(ctx)->arena[kind], usage);
}

static uint32_t psram_offset(void *ctx, const void *piece)
{
    return (uint32_t)((const char *)piece - of(ctx)->arena[BENCH_PSRAM].start);
}

static void memory_mark(void *ctx)
{
    bench_arena_mark(&of(ctx)->arena[BENCH_HEAP]);
    bench_arena_mark(&of(ctx)->arena[BENCH_PSRAM]);
}

static uint32_t stack_free(void *ctx)
{
    return of(ctx)->stack_free;
}

static void chip(void *ctx, struct bench_chip *chip)
{
    (void)ctx;
    *chip = (struct bench_chip){
        .model = "ESP32", .cores = 2, .revision = 301, .mac = "24:6f:28:00:00:01", .reset = "poweron",
        .elf = "0123456789abcdef", .build = "native", .idf = "none",
    };
}

static void fill_port(struct native_port *native)
{
    native->port = (struct bench_port){
        .hal = {
            .ctx = native, .card_open = card_open, .card_size = card_size, .card_read_begin = card_read_begin,
            .card_read_wait = card_read_wait, .card_close = card_close, .now_us = now_us, .parallel = parallel,
            .flash_map = flash_map, .flash_erase = flash_erase, .flash_write = flash_write, .work = work,
        },
        .ctx = native,
        .uart_write = uart_write, .uart_flush = uart_flush, .uart_read = uart_read, .uart_baud = uart_baud,
        .card_mount = card_mount,
        .memory_take = memory_take, .memory_give = memory_give, .memory_usage = memory_usage, .psram_offset = psram_offset,
        .memory_mark = memory_mark,
        .stack_free = stack_free, .chip = chip,
    };
}

void native_port_init(struct native_port *native, const char *card, uint32_t heap_bytes, uint32_t psram_bytes)
{
    memset(native, 0, sizeof *native);
    fill_port(native);
    native->card = card;
    native->memory[BENCH_HEAP] = malloc(heap_bytes);
    native->memory[BENCH_PSRAM] = malloc(psram_bytes);
    native->output = malloc(NATIVE_OUTPUT_BYTES);
    if (!native->memory[0] || !native->memory[1] || !native->output) abort();
    native->output[0] = '\0';
    bench_arena_init(&native->arena[BENCH_HEAP], native->memory[BENCH_HEAP], heap_bytes);
    bench_arena_init(&native->arena[BENCH_PSRAM], native->memory[BENCH_PSRAM], psram_bytes);
    native_flash_size(native, NATIVE_FLASH_BYTES);
    native->baud = 115200;
    native->stack_free = 4096;
}

void native_port_free(struct native_port *native)
{
    free(native->memory[BENCH_HEAP]);
    free(native->memory[BENCH_PSRAM]);
    free(native->output);
    free(native->flash);
}

void native_flash_size(struct native_port *native, uint32_t bytes)
{
    free(native->flash);
    native->flash = bytes > 0 ? malloc(bytes) : NULL;
    native->flash_bytes = bytes;
    if (bytes == 0) return;
    if (!native->flash || bytes % SECTOR_BYTES != 0) abort();
    memset(native->flash, 0xff, bytes);
}

void native_say(struct native_port *native, const char *text)
{
    const size_t length = strlen(text);
    if (native->input_at == native->input_length) native->input_at = native->input_length = 0;
    if (native->input_length + length > sizeof native->input) abort();
    memcpy(native->input + native->input_length, text, length);
    native->input_length += (uint32_t)length;
}
