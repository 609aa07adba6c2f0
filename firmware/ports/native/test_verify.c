/* tl_model_verify: every file against the manifest. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_packed.h"
#include "native_port.h"

#define FOLDER "verify"

static const char *card;
static struct native_port native;

/** CRC-32 bit by bit. */
static uint32_t crc_of(const unsigned char *data, size_t bytes)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static size_t slurp(const char *name, unsigned char *data, size_t capacity)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", card, FOLDER, name);
    FILE *stream = fopen(path, "rb");
    if (!stream) return 0;
    const size_t bytes = fread(data, 1, capacity, stream);
    fclose(stream);
    return bytes;
}

/** The manifest of what is in the folder, in the exporter's form; `omitted` is left out. */
static void manifest_text(char *text, size_t capacity, const char *omitted)
{
    static unsigned char data[1 << 20];
    const char *names[TL_TENSOR_COUNT + 4] = {"model_config.json", "quantization_scales.json", "lm_head.screen", "tokenizer.json"};
    for (int t = 0; t < TL_TENSOR_COUNT; t++) names[4 + t] = test_file_names[t];
    size_t at = (size_t)snprintf(text, capacity, "{\"manifest\":1,\"weight_format\":\"int8\",\"files\":[");
    bool first = true;
    for (int i = 0; i < TL_TENSOR_COUNT + 4; i++) {
        const size_t bytes = slurp(names[i], data, sizeof data);
        if (bytes == 0 || (omitted && strcmp(names[i], omitted) == 0)) continue;
        at += (size_t)snprintf(text + at, capacity - at, "%s{\"name\":\"%s\",\"bytes\":%zu,\"sha256\":\"00\",\"crc32\":\"%08x\"}",
                               first ? "" : ",", names[i], bytes, crc_of(data, bytes));
        first = false;
    }
    snprintf(text + at, capacity - at, "]}\n");
}

static void write_text(const char *name, const char *text)
{
    test_write_file(card, FOLDER, name, text, (uint32_t)strlen(text));
}

static int verify(struct tl_model *model, uint32_t bytes)
{
    void *scratch = malloc(bytes);
    if (!scratch) abort();
    EQUAL(tl_model_open(model, &native.port.hal, FOLDER, scratch), TL_OK);
    const int result = tl_model_verify(model, FOLDER, scratch, bytes);
    free(scratch);
    tl_model_close(model);
    EQUAL(native.open_files, 0);
    return result;
}

static void refuses(int code, const char *file, const char *subject)
{
    struct tl_model model;
    EQUAL(verify(&model, 4096), code);
    const struct tl_fault *f = &model.fault;
    if (!CHECK(f->file && strcmp(f->file, file) == 0 && strcmp(f->subject, subject) == 0)) {
        printf("    said %s, %s\n", f->file ? f->file : "-", f->subject);
    }
}

static void check_good(const char *manifest)
{
    struct tl_model model;
    test_case("takes a folder that is as the manifest says, with any scratch");
    write_text("manifest.json", manifest);
    EQUAL(verify(&model, 4096), TL_OK);
    const uint64_t before = native.worked[TL_KERNEL_CRC];
    EQUAL(verify(&model, 32768), TL_OK);
    CHECK(native.worked[TL_KERNEL_CRC] - before > 20000);
    EQUAL(model.config.tied_head, false);
}

static void check_damage(const struct test_packed *truth)
{
    char damaged[64];
    test_case("finds one bit that differs, in any file, by its name");
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        for (uint32_t place = 0; place < 2; place++) {
            unsigned char *byte = &truth->data[t][place ? truth->bytes[t] - 1 : 0];
            *byte ^= 0x40;
            test_write_file(card, FOLDER, test_file_names[t], truth->data[t], truth->bytes[t]);
            refuses(TL_ERR_BAD_HASH, test_file_names[t], test_file_names[t]);
            *byte ^= 0x40;
            test_write_file(card, FOLDER, test_file_names[t], truth->data[t], truth->bytes[t]);
        }
    }
    test_case("and in a file that only the host reads, its size and its absence");
    snprintf(damaged, sizeof damaged, "the tokenizeR");
    write_text("tokenizer.json", damaged);
    refuses(TL_ERR_BAD_HASH, "tokenizer.json", "tokenizer.json");
    write_text("tokenizer.json", "the tokenizer ");
    refuses(TL_ERR_BAD_SIZE, "tokenizer.json", "tokenizer.json");
    test_remove_file(card, FOLDER, "tokenizer.json");
    refuses(TL_ERR_NO_FILE, "tokenizer.json", "tokenizer.json");
    write_text("tokenizer.json", "the tokenizer");
}

static void check_manifests(const char *manifest)
{
    static const char *const bad[][2] = {
        {"{}", "files"}, {"[]", "manifest.json"}, {"{\"files\":{}}", "files"}, {"{\"files\":[]}", "model_config.json"}, {"", "manifest.json"},
    };
    static const char *const changes[][3] = {
        {"\"crc32\":\"", "\"crc33\":\"", "model_config.json"}, {"\"crc32\":\"", "\"crc32\":\"0", "model_config.json"},
        {"\"crc32\":\"", "\"crc32\":1,\"x\":\"", "model_config.json"}, {"\"bytes\":", "\"bytes\":-", "model_config.json"},
        {"\"name\":\"tokenizer", "\"name\":\"../tokenizer", "name"}, {"\"files\":[", "\"files\":[1,", "files"},
    };
    static const char *const needed[] = {"model_config.json", "quantization_scales.json", "lm_head.bin", "norm1.bin"};
    char text[5000];
    test_case("refuses a manifest that does not serve");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("manifest.json", bad[i][0]);
        refuses(TL_ERR_BAD_CONFIG, "manifest.json", bad[i][1]);
    }
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(manifest, changes[i][0]);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - manifest), manifest, changes[i][1], at + strlen(changes[i][0]));
        write_text("manifest.json", text);
        refuses(TL_ERR_BAD_CONFIG, "manifest.json", changes[i][2]);
    }
    memset(text, ' ', sizeof text);
    memcpy(text, manifest, strlen(manifest));
    text[sizeof text - 1] = '\0';
    write_text("manifest.json", text);
    refuses(TL_ERR_BAD_CONFIG, "manifest.json", "manifest.json");
    test_remove_file(card, FOLDER, "manifest.json");
    refuses(TL_ERR_BAD_CONFIG, "manifest.json", "manifest.json");
    test_case("refuses one that leaves out a file of the model");
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        manifest_text(text, sizeof text, needed[i]);
        write_text("manifest.json", text);
        refuses(TL_ERR_BAD_CONFIG, "manifest.json", needed[i]);
    }
}

int main(int argc, char **argv)
{
    struct test_packed truth;
    struct tl_config config = test_shape_odd();
    char manifest[5000];
    card = argc > 1 ? argv[1] : ".";
    native_port_init(&native, card, 1024, 1024);
    config.ffn = 333; /* matrices longer than the scratch */
    test_packed_format(&config, TL_INT8);
    test_packed_make(&truth, config, 8);
    test_packed_write(&truth, card, FOLDER);
    write_text("tokenizer.json", "the tokenizer");
    manifest_text(manifest, sizeof manifest, NULL);
    check_good(manifest);
    check_damage(&truth);
    check_manifests(manifest);
    test_packed_free(&truth);
    native_port_free(&native);
    return test_report();
}
