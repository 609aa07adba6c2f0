#include "bench_line.h"

void bench_line_reset(struct bench_line *line)
{
    line->length = 0;
    line->overlong = false;
    line->text[0] = '\0';
}

static enum bench_line_event end_line(struct bench_line *line)
{
    const bool overlong = line->overlong;
    uint32_t length = line->length;
    line->length = 0;
    line->overlong = false;
    if (overlong) return BENCH_LINE_OVERLONG;
    if (length > 0 && line->text[length - 1] == '\r') length--;
    line->text[length] = '\0';
    return length > 0 ? BENCH_LINE_READY : BENCH_LINE_NONE;
}

enum bench_line_event bench_line_push(struct bench_line *line, char byte)
{
    if (byte == '\n') return end_line(line);
    if (byte == BENCH_CANCEL) {
        bench_line_reset(line);
        return BENCH_LINE_NONE;
    }
    /* One place stays free for the `\n` that counts among the 120. A NUL would hide what comes behind it. */
    if (line->length >= BENCH_MAX_LINE - 1) line->overlong = true;
    else line->text[line->length++] = byte == '\0' ? '?' : byte;
    return BENCH_LINE_NONE;
}

void bench_backlog_push(struct bench_line_backlog *backlog, char byte)
{
    const uint32_t capacity = sizeof backlog->bytes;
    if (backlog->count == capacity && byte == BENCH_CANCEL) *backlog = (struct bench_line_backlog){.count = 0};
    if (backlog->count == capacity) {
        backlog->lost = true;
        return;
    }
    backlog->bytes[(backlog->first + backlog->count++) % capacity] = byte;
}

bool bench_backlog_pop(struct bench_line_backlog *backlog, char *byte)
{
    if (backlog->count == 0) return false;
    *byte = backlog->bytes[backlog->first];
    backlog->first = (backlog->first + 1) % sizeof backlog->bytes;
    backlog->count--;
    return true;
}

bool bench_backlog_cancel(struct bench_line_backlog *backlog)
{
    const uint32_t capacity = sizeof backlog->bytes;
    for (uint32_t i = backlog->count; i > 0; i--) {
        if (backlog->bytes[(backlog->first + i - 1) % capacity] != BENCH_CANCEL) continue;
        backlog->first = (backlog->first + i) % capacity;
        backlog->count -= i;
        return true;
    }
    return false;
}
