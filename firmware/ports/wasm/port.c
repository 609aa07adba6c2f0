#include <stddef.h>
#include <string.h>

#include "bench_app.h"
#include "bench_arena.h"
#include "board.h"
#include "chip_text.h"
#include "port_card.h"

#define PAGE_BYTES 65536u
#define CHIP_TEXT_BYTES 256

/** What memory_size() calls the weights partition. */
#define FLASH_KIND 2u

/** The internal heap's upper part, likewise. */
#define UPPER_KIND 3u

/** Set by the linker: the end of static data and stack. */
extern unsigned char __heap_base;

struct wasm_port {
    struct bench_arena arena[2]; /* by enum bench_memory */
    struct bench_arena upper;    /* the internal heap's other part */
    uintptr_t end;               /* of what was carved out of linear memory */
    const void *flash;           /* the mapped weights partition; NULL: not yet, or none */
    uint32_t flash_bytes;
};

static void uart_write(void *ctx, const char *bytes, uint32_t count)
{
    (void)ctx;
    board_uart_write(bytes, count);
}

static void uart_flush(void *ctx)
{
    (void)ctx;
    board_uart_flush();
}

static int32_t uart_read(void *ctx, char *bytes, uint32_t capacity, int64_t timeout_us)
{
    (void)ctx;
    return board_uart_read(bytes, capacity, (double)timeout_us);
}

static void uart_baud(void *ctx, uint32_t rate)
{
    (void)ctx;
    board_uart_baud(rate);
}

static uint64_t now_us(void *ctx)
{
    (void)ctx;
    return (uint64_t)board_now_us();
}

static void work(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    (void)ctx;
    board_work((uint32_t)kernel, count, data, bytes);
}

/* The board's clock lets the second core start where the first one did. */
static void parallel(void *ctx, void (*task)(void *arg, uint32_t core), void *arg)
{
    (void)ctx;
    board_parallel_begin();
    task(arg, 0);
    board_parallel_switch();
    task(arg, 1);
    board_parallel_end();
}

static int card_mount(void *ctx)
{
    (void)ctx;
    return board_card_mount();
}

static int32_t card_open(void *ctx, const char *path)
{
    (void)ctx;
    const int32_t handle = board_card_open(path, (uint32_t)strlen(path));
    if (handle >= 0) return handle;
    return handle == -2 ? TL_ERR_NO_FILE : TL_ERR_CARD_READ;
}

static int card_size(void *ctx, int32_t handle, uint32_t *bytes)
{
    (void)ctx;
    *bytes = board_card_size(handle);
    return 0;
}

static int card_read_begin(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes)
{
    (void)ctx;
    return board_card_read_begin(handle, offset, target, bytes) == 0 ? 0 : TL_ERR_CARD_READ;
}

static int card_read_wait(void *ctx)
{
    (void)ctx;
    return board_card_read_wait() == 0 ? 0 : TL_ERR_CARD_READ;
}

static void card_close(void *ctx, int32_t handle)
{
    (void)ctx;
    board_card_close(handle);
}

static void panic(const char *message)
{
    board_abort(message, (uint32_t)strlen(message));
}

/** Makes `bytes` bytes from `start` on addressable; they become real memory only where they are touched. */
static void grow_to(uintptr_t start, uint64_t bytes)
{
    const uint64_t pages = (start + bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    const uint64_t present = __builtin_wasm_memory_size(0);
    if (pages <= present) return;
    if (__builtin_wasm_memory_grow(0, (size_t)(pages - present)) == (size_t)-1) panic("linear memory cannot grow");
}

/** Room for the partition is made behind PSRAM at the first call. */
static const void *flash_map(void *ctx, uint32_t *bytes)
{
    struct wasm_port *port = ctx;
    if (!port->flash) {
        const uintptr_t start = (port->end + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
        port->flash_bytes = board_memory_size(FLASH_KIND);
        if (port->flash_bytes == 0) return NULL;
        grow_to(start, port->flash_bytes);
        if (board_flash_map((void *)start) != 0) return NULL;
        port->end = start + port->flash_bytes;
        port->flash = (const void *)start;
    }
    *bytes = port->flash_bytes;
    return port->flash;
}

static int flash_erase(void *ctx, uint32_t offset, uint32_t bytes)
{
    (void)ctx;
    return board_flash_erase(offset, bytes) == 0 ? 0 : TL_ERR_FLASH;
}

static int flash_write(void *ctx, uint32_t offset, const void *data, uint32_t bytes)
{
    (void)ctx;
    return board_flash_write(offset, data, bytes) == 0 ? 0 : TL_ERR_FLASH;
}

static void *memory_take(void *ctx, enum bench_memory kind, uint32_t bytes)
{
    struct wasm_port *port = ctx;
    void *piece = bench_arena_take(&port->arena[kind], bytes);
    return piece || kind != BENCH_HEAP ? piece : bench_arena_take(&port->upper, bytes);
}

static void memory_give(void *ctx, enum bench_memory kind, void *piece)
{
    struct wasm_port *port = ctx;
    const struct bench_arena *upper = &port->upper;
    const bool in_upper = (uintptr_t)piece - (uintptr_t)upper->start < upper->total;
    bench_arena_give(in_upper ? &port->upper : &port->arena[kind], piece);
}

static void memory_usage(void *ctx, enum bench_memory kind, struct bench_usage *usage)
{
    struct wasm_port *port = ctx;
    struct bench_usage upper;
    bench_arena_usage(&port->arena[kind], usage);
    if (kind != BENCH_HEAP) return;
    bench_arena_usage(&port->upper, &upper);
    usage->total += upper.total;
    usage->free += upper.free;
    usage->peak += upper.peak; /* each at its own worst moment, as ESP-IDF counts: never too little */
    usage->peak_run += upper.peak_run;
    if (upper.largest > usage->largest) usage->largest = upper.largest;
}

static uint32_t psram_offset(void *ctx, const void *piece)
{
    const struct wasm_port *port = ctx;
    return (uint32_t)((const char *)piece - port->arena[BENCH_PSRAM].start);
}

static void memory_mark(void *ctx)
{
    struct wasm_port *port = ctx;
    bench_arena_mark(&port->arena[BENCH_HEAP]);
    bench_arena_mark(&port->upper);
    bench_arena_mark(&port->arena[BENCH_PSRAM]);
}

static uint32_t stack_free(void *ctx)
{
    (void)ctx;
    return board_stack_free();
}

static void chip(void *ctx, struct bench_chip *chip)
{
    (void)ctx;
    char text[CHIP_TEXT_BYTES];
    board_chip(text, sizeof text);
    chip_text_parse(text, chip);
}

static struct bench_port make_port(struct wasm_port *port)
{
    return (struct bench_port){
        .hal = {
            .ctx = port,
            .card_open = card_open,
            .card_size = card_size,
            .card_read_begin = card_read_begin,
            .card_read_wait = card_read_wait,
            .card_close = card_close,
            .now_us = now_us,
            .parallel = parallel,
            .flash_map = flash_map,
            .flash_erase = flash_erase,
            .flash_write = flash_write,
            .work = work,
        },
        .ctx = port,
        .uart_write = uart_write,
        .uart_flush = uart_flush,
        .uart_read = uart_read,
        .uart_baud = uart_baud,
        .card_mount = card_mount,
        .card = &port_card,
        .memory_take = memory_take,
        .memory_give = memory_give,
        .memory_usage = memory_usage,
        .psram_offset = psram_offset,
        .memory_mark = memory_mark,
        .stack_free = stack_free,
        .chip = chip,
    };
}

/** One memory at the end of what was carved out so far. */
static void carve(struct wasm_port *port, uint32_t kind, struct bench_arena *arena)
{
    const uint32_t bytes = board_memory_size(kind) & ~15u;
    grow_to(port->end, bytes);
    board_region(kind, (const void *)port->end, bytes);
    bench_arena_init(arena, (void *)port->end, bytes);
    port->end += bytes;
}

/** Lays both parts of the internal heap and PSRAM above the linker's heap base. */
static void carve_memories(struct wasm_port *port)
{
    port->end = ((uintptr_t)&__heap_base + 15u) & ~(uintptr_t)15u;
    carve(port, BENCH_HEAP, &port->arena[BENCH_HEAP]);
    carve(port, BENCH_PSRAM, &port->arena[BENCH_PSRAM]);
    carve(port, UPPER_KIND, &port->upper);
}

/** Entry point of the virtual board's app. */
__attribute__((export_name("app_main"))) void app_main(void)
{
    struct wasm_port state = {.flash = NULL};
    carve_memories(&state);
    const struct bench_port port = make_port(&state);
    struct bench *bench = memory_take(&state, BENCH_HEAP, sizeof *bench);
    if (!bench) panic("no memory for the app's own state");
    bench_start(bench, &port);
    bench_serve(bench);
}
