#include "port_card_read.h"

#include <string.h>

#include "esp_heap_caps.h"
#include "esp_memory_utils.h"
#include "port_state.h"
#include "port_tasks.h"
#include "port_watchdog.h"
#include "tl_error.h"

/**
 * The ESP32's card DMA does not reach PSRAM. ESP-IDF then reads through a buffer of its own, which was measured at 150 to
 * 250 KB/s when it was one sector, against over 2 MB/s through 8 KB of internal RAM (esp-idf pull request 17642).
 */
#define PORT_BOUNCE_BYTES 8192u

/**
 * FatFs, the card's commands and an interrupt's frame come to less than the 3584 bytes in which ESP-IDF's examples do the same from
 * their main task. When the card fails its driver logs, and newlib's vprintf takes up to 2 KB more on the caller's stack.
 */
#define READER_STACK_BYTES 6144

/** Whether whole sectors of this read land where DMA can put them: internal RAM, on words. */
static bool reaches_target(const struct port_card_reader *reader)
{
    return esp_ptr_dma_capable(reader->target) && ((uintptr_t)reader->target - reader->offset) % 4 == 0;
}

static bool read_piece(const struct port_card_reader *reader, uint8_t *target, uint32_t bytes)
{
    UINT got = 0;
    return f_read(reader->file, target, bytes, &got) == FR_OK && got == bytes;
}

/** Piece by piece; a piece lies in the buffer as it lies in the file, so that its sectors stay on word boundaries. */
static bool read_bounced(const struct port_card_reader *reader)
{
    for (uint32_t at = 0; at < reader->bytes;) {
        const uint32_t skip = (reader->offset + at) % PORT_BOUNCE_BYTES;
        const uint32_t left = reader->bytes - at;
        const uint32_t piece = left < PORT_BOUNCE_BYTES - skip ? left : PORT_BOUNCE_BYTES - skip;
        if (!read_piece(reader, reader->bounce + skip, piece)) return false;
        memcpy(reader->target + at, reader->bounce + skip, piece);
        at += piece;
    }
    return true;
}

static bool read_all(const struct port_card_reader *reader)
{
    if (f_lseek(reader->file, reader->offset) != FR_OK) return false;
    return reaches_target(reader) ? read_piece(reader, reader->target, reader->bytes) : read_bounced(reader);
}

/** The card's commands time out by themselves, so this task always comes back; nobody watches it. */
static void serve(void *ctx)
{
    struct port_card_reader *reader = ctx;
    for (;;) {
        ulTaskNotifyTakeIndexed(PORT_NOTIFY_READER, pdTRUE, portMAX_DELAY);
        reader->result = read_all(reader) ? 0 : TL_ERR_CARD_READ;
        xTaskNotifyGiveIndexed(reader->caller, PORT_NOTIFY_READER);
    }
}

bool port_card_reader_start(struct port_card_reader *reader)
{
    reader->bounce = heap_caps_aligned_alloc(16, PORT_BOUNCE_BYTES, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    return reader->bounce && xTaskCreatePinnedToCore(serve, "card", READER_STACK_BYTES, reader, PORT_READER_PRIORITY,
                                                     &reader->task, PORT_OTHER_CORE) == pdPASS;
}

int port_card_read_begin(void *ctx, int32_t handle, uint32_t offset, void *target, uint32_t bytes)
{
    struct port_state *state = ctx;
    struct port_card_reader *reader = &state->reader;
    struct port_file *file = port_card_file(&state->card, handle);
    if (!file || offset > f_size(&file->file) || bytes > f_size(&file->file) - offset) return TL_ERR_CARD_READ;
    reader->caller = xTaskGetCurrentTaskHandle();
    reader->file = &file->file;
    reader->target = target;
    reader->offset = offset;
    reader->bytes = bytes;
    xTaskNotifyGiveIndexed(reader->task, PORT_NOTIFY_READER);
    return 0;
}

int port_card_read_wait(void *ctx)
{
    struct port_state *state = ctx;
    port_watchdog_feed();
    ulTaskNotifyTakeIndexed(PORT_NOTIFY_READER, pdTRUE, portMAX_DELAY);
    return state->reader.result;
}
