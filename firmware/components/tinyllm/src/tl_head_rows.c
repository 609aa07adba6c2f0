#include "tl_head.h"

#include "tl_fast_size.h"

/**
 * Bytes that are read and not needed rather than begin another read elsewhere: what 1-bit mode's 3.7 MB/s bring in a seek's 1 ms, in
 * whole sectors (HARDWARE.md, SD card).
 */
#define GAP_BYTES 3584u

/** Sectors of the head's file. */
struct stretch {
    uint32_t first; /* byte offsets */
    uint32_t end;
};

static struct stretch sectors_of(const struct tl_matrix *head, uint32_t row)
{
    const uint32_t first = row * head->row_bytes;
    const uint32_t end = first + head->row_bytes;
    const uint32_t rest = end % TL_CARD_SECTOR;
    const uint32_t whole = rest == 0 || head->file.bytes - end < TL_CARD_SECTOR - rest ? 0 : TL_CARD_SECTOR - rest;
    const bool at_end = rest != 0 && whole == 0;
    return (struct stretch){first & ~(TL_CARD_SECTOR - 1), at_end ? head->file.bytes : end + whole};
}

/** The read for listed row *at and as many after it as come cheaper with it; *at moves behind the last of them. */
static struct stretch gather(const struct tl_model *m, const struct tl_shortlist *list, uint32_t done, uint32_t read_to, uint32_t *at)
{
    const struct tl_matrix *head = tl_model_head(m);
    struct stretch read = sectors_of(head, list->rows[*at].id);
    const bool near = read.first > read_to && read.first - read_to <= GAP_BYTES;
    if (near && read.end - read_to <= m->need.chunk_bytes) read.first = read_to;
    for (*at += 1; *at < list->count; *at += 1) {
        if (list->rows[*at].id == done) continue;
        const struct stretch row = sectors_of(head, list->rows[*at].id);
        if (row.first > read.end && row.first - read.end > GAP_BYTES) break;
        if (row.end - read.first > m->need.chunk_bytes) break;
        read.end = row.end;
    }
    return read;
}

static int compute(struct tl_model *m, uint32_t id, const unsigned char *data, const struct tl_vector *h)
{
    const struct tl_matrix *head = tl_model_head(m);
    const struct tl_rows row = tl_matrix_rows(head, 0, data, 1);
    float logit;
    const int result = tl_layer_blame(m, &head->file, tl_layer_multiply(m, &logit, &row, h));
    if (result) return result;
    m->state.logits[id] = logit;
    tl_charge(m->hal, TL_KERNEL_COPY, 4, &m->state.logits[id], tl_written_bytes(4));
    tl_best_raise(&m->best, id, logit);
    return TL_OK;
}

int tl_head_rows(struct tl_model *m, const struct tl_shortlist *list, uint32_t done, const struct tl_vector *h)
{
    const struct tl_matrix *head = tl_model_head(m);
    uint32_t read_to = 0; /* 0: nothing of this list was read yet */
    for (uint32_t i = 0; i < list->count;) {
        const uint32_t from = i;
        if (list->rows[from].id == done) {
            i++;
            continue;
        }
        const struct stretch read = gather(m, list, done, read_to > 0 ? read_to : UINT32_MAX, &i);
        int result = tl_card_read(&m->card, &head->file, read.first, m->fast.bounce[0], read.end - read.first, &m->fault);
        m->reads.head++;
        read_to = read.end;
        for (uint32_t k = from; result == TL_OK && k < i; k++) {
            const uint32_t id = list->rows[k].id;
            if (id != done) result = compute(m, id, m->fast.bounce[0] + (id * head->row_bytes - read.first), h);
        }
        if (result) return result;
    }
    return TL_OK;
}
