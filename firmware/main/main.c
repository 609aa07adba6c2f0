#include "bench_app.h"
#include "esp_err.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "port_card_ops.h"
#include "port_chip.h"
#include "port_state.h"
#include "port_tasks.h"
#include "port_uart.h"
#include "port_watchdog.h"
#include "sdkconfig.h"

/** In internal RAM, as all static data: the card's DMA writes into the open files' sectors. */
static struct port_state state;

static uint64_t now_us(void *ctx)
{
    (void)ctx;
    return (uint64_t)esp_timer_get_time();
}

/** FreeRTOS counts a stack in bytes on this chip. */
static uint32_t stack_free(void *ctx)
{
    return (uint32_t)uxTaskGetStackHighWaterMark(((struct port_state *)ctx)->bench);
}

static const struct bench_port port = {
    .hal = {
        .ctx = &state,
        .card_open = port_card_open,
        .card_size = port_card_size,
        .card_read_begin = port_card_read_begin,
        .card_read_wait = port_card_read_wait,
        .card_close = port_card_close,
        .now_us = now_us,
        .parallel = port_cores_parallel,
        .flash_map = port_flash_map,
        .flash_erase = port_flash_erase,
        .flash_write = port_flash_write,
    },
    .ctx = &state,
    .uart_write = port_uart_write,
    .uart_flush = port_uart_flush,
    .uart_read = port_uart_read,
    .uart_baud = port_uart_baud,
    .card_mount = port_card_mount,
    .card = &port_card_ops,
    .memory_take = port_memory_take,
    .memory_give = port_memory_give,
    .memory_usage = port_memory_usage,
    .psram_offset = port_psram_offset,
    .memory_mark = port_memory_mark,
    .stack_free = stack_free,
    .chip = port_chip,
};

/** The UART's interrupt comes to the core that installs it: this one, where nothing of ESP-IDF's own runs. */
static void run_bench(void *ctx)
{
    (void)ctx;
    static struct bench bench;
    state.bench = xTaskGetCurrentTaskHandle();
    port_watchdog_join();
    port_uart_start();
    port_memory_mark(&state);
    bench_start(&bench, &port);
    bench_serve(&bench);
}

/** Without its tasks the board can do nothing: the panic handler says so and starts it again. */
void app_main(void)
{
    const bool started = port_card_reader_start(&state.reader) && port_cores_start(&state.cores) &&
                         xTaskCreatePinnedToCore(run_bench, "bench", CONFIG_BENCH_STACK_BYTES, NULL, PORT_APP_PRIORITY,
                                                 NULL, PORT_APP_CORE) == pdPASS;
    ESP_ERROR_CHECK(started ? ESP_OK : ESP_ERR_NO_MEM);
}
