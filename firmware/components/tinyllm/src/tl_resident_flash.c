#include "tl_resident.h"

#include <stddef.h>
#include <string.h>

#include "tl_crc32.h"
#include "tl_fast_size.h"
#include "tl_manifest.h"
#include "tl_place.h"

#define MAGIC 0x50574c54u /* "TLWP" */
#define VERSION 2u
#define ERASE_BYTES 65536u /* flash chips erase such a block faster than its sixteen sectors */

/** What the partition holds, in its last sector; little-endian words. */
struct record {
    uint32_t magic;
    uint32_t version;
    uint32_t manifest_crc;
    uint32_t bytes[7]; /* of each matrix, in layer order; each begins on the next multiple of 16 */
    uint32_t crcs[7];  /* likewise; those of the manifest */
    uint32_t crc;      /* over all before */
};

/** The partition while it is looked through or programmed. */
struct partition {
    const unsigned char *base;
    uint32_t record_at;
};

static int fail(struct tl_model *m, const char *reason)
{
    m->fault = (struct tl_fault){.subject = "weights partition", .reason = reason};
    return TL_ERR_FLASH;
}

static uint32_t record_crc(const struct record *record)
{
    return tl_crc32(0, record, offsetof(struct record, crc));
}

/** Matrix `i` in layer order. */
static struct tl_matrix *layer_matrix(struct tl_model *m, int i)
{
    return &m->weights.matrix[tl_layer_order[i]];
}

static struct record describe(struct tl_model *m, const uint32_t crcs[7])
{
    struct record record = {.magic = MAGIC, .version = VERSION, .manifest_crc = m->weights.manifest_crc};
    for (int i = 0; i < 7; i++) record.bytes[i] = layer_matrix(m, i)->file.bytes;
    memcpy(record.crcs, crcs, sizeof record.crcs);
    record.crc = record_crc(&record);
    return record;
}

static bool has_content(struct tl_model *m, const struct partition *p, const uint32_t crcs[7])
{
    const unsigned char *at = p->base;
    for (int i = 0; i < 7; i++) {
        const uint32_t bytes = layer_matrix(m, i)->file.bytes;
        tl_charge(m->hal, TL_KERNEL_CRC, bytes, at, bytes);
        if (tl_crc32(0, at, bytes) != crcs[i]) return false;
        at += tl_rounded(bytes);
    }
    return true;
}

/** Whether the record speaks of this model, and the content is what the record says. */
static bool holds_layers(struct tl_model *m, const struct partition *p)
{
    struct record found;
    memcpy(&found, p->base + p->record_at, sizeof found);
    const struct record wanted = describe(m, found.crcs);
    return memcmp(&found, &wanted, sizeof found) == 0 && has_content(m, p, found.crcs);
}

static int erase(struct tl_model *m, uint32_t bytes)
{
    const uint32_t whole = (bytes + TL_FLASH_SECTOR - 1) & ~(TL_FLASH_SECTOR - 1);
    for (uint32_t at = 0; at < whole; at += ERASE_BYTES) {
        const uint32_t piece = whole - at < ERASE_BYTES ? whole - at : ERASE_BYTES;
        if (m->hal->flash_erase(m->hal->ctx, at, piece)) return fail(m, "could not be erased");
    }
    return TL_OK;
}

/** Programs bytes of the bounce buffer, which has room for filling up the last word. */
static int program(struct tl_model *m, uint32_t at, unsigned char *data, uint32_t bytes)
{
    const uint32_t whole = (bytes + 3) & ~3u;
    memset(data + bytes, 0xff, whole - bytes);
    m->fast.flashed_bytes += whole;
    return m->hal->flash_write(m->hal->ctx, at, data, whole) ? fail(m, "could not be programmed") : TL_OK;
}

/** Card to partition, one after the other: while flash is programmed the chip's caches, and with them much else, stand still. */
static int program_matrix(struct tl_model *m, const struct tl_file *file, uint32_t base, uint32_t *crc)
{
    const uint32_t piece = m->need.chunk_bytes & ~(TL_CARD_SECTOR - 1);
    unsigned char *data = m->fast.bounce[0];
    int result = TL_OK;
    for (uint32_t at = 0; result == TL_OK && at < file->bytes; at += piece) {
        const uint32_t bytes = file->bytes - at < piece ? file->bytes - at : piece;
        result = tl_card_read(&m->card, file, at, data, bytes, &m->fault);
        if (result) break;
        *crc = tl_crc32(*crc, data, bytes);
        tl_charge(m->hal, TL_KERNEL_CRC, bytes, data, bytes);
        result = program(m, base + at, data, bytes);
    }
    return result;
}

/**
 * Holds what was programmed against the manifest, by which the next load will know it: bad weights must not outlive the card that they
 * came from. `*known` says whether the manifest tells. TL_OK, TL_ERR_BAD_HASH, TL_ERR_CARD_READ.
 */
static int check_origin(struct tl_model *m, const uint32_t crcs[7], bool *known)
{
    char *text = (char *)m->fast.bounce[0]; /* both buffers together have TL_CONFIG_MAX_BYTES */
    uint32_t length, listed = 0;
    int result = tl_manifest_read(m, m->folder, text, &length);
    for (int i = 0; result == TL_OK && i < 7; i++) {
        const char *name = layer_matrix(m, i)->file.name;
        result = tl_manifest_crc(m, text, length, name, &listed);
        if (result || listed == crcs[i]) continue;
        m->fault = (struct tl_fault){.file = name, .subject = name, .reason = "is not what manifest.json says"};
        return TL_ERR_BAD_HASH;
    }
    *known = result == TL_OK;
    return result == TL_ERR_BAD_CONFIG ? TL_OK : result;
}

static int write_record(struct tl_model *m, const struct partition *p, const uint32_t crcs[7])
{
    const struct record record = describe(m, crcs);
    memcpy(m->fast.bounce[0], &record, sizeof record);
    const int result = program(m, p->record_at, m->fast.bounce[0], sizeof record);
    if (result || memcmp(p->base + p->record_at, &record, sizeof record) == 0) return result;
    return fail(m, "does not keep what was programmed");
}

static int program_layers(struct tl_model *m, const struct partition *p)
{
    uint32_t crcs[7] = {0};
    uint32_t at = 0;
    bool known = false;
    int result = TL_OK;
    if (m->hal->flash_erase(m->hal->ctx, p->record_at, TL_FLASH_SECTOR)) result = fail(m, "could not be erased");
    if (result == TL_OK) result = erase(m, m->need.layer_bytes);
    for (int i = 0; result == TL_OK && i < 7; i++) {
        const struct tl_file *file = &layer_matrix(m, i)->file;
        result = program_matrix(m, file, at, &crcs[i]);
        at += (uint32_t)tl_rounded(file->bytes);
    }
    if (result == TL_OK && !has_content(m, p, crcs)) result = fail(m, "does not keep what was programmed");
    if (result == TL_OK) result = check_origin(m, crcs, &known);
    return result == TL_OK && known ? write_record(m, p, crcs) : result;
}

int tl_resident_flash(struct tl_model *m)
{
    uint32_t size = 0;
    struct partition p = {.base = m->hal->flash_map(m->hal->ctx, &size)};
    if (!p.base || size < TL_FLASH_SECTOR || m->need.layer_bytes > size - TL_FLASH_SECTOR) return fail(m, "is gone");
    p.record_at = size - TL_FLASH_SECTOR;
    const int result = holds_layers(m, &p) ? TL_OK : program_layers(m, &p);
    if (result) return result;
    for (int i = 0; i < 7; i++) {
        struct tl_matrix *matrix = layer_matrix(m, i);
        matrix->resident = p.base;
        p.base += tl_rounded(matrix->file.bytes);
    }
    return TL_OK;
}
