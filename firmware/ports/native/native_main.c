/*
 * The bench app on the host, for people and scripts: `native_main FOLDER` boots with FOLDER as its card, reads commands
 * from standard input and answers on standard output.
 */

#include <string.h>

#include "bench_app.h"
#include "native_port.h"

#define HEAP_BYTES 294912u
#define PSRAM_BYTES 4194304u

int main(int argc, char **argv)
{
    static struct native_port native;
    static struct bench bench;
    char line[256];
    if (argc != 2) {
        fprintf(stderr, "usage: native_main CARD_FOLDER < commands\n");
        return 2;
    }
    native_port_init(&native, argv[1], HEAP_BYTES, PSRAM_BYTES);
    bench_start(&bench, &native.port);
    do {
        fwrite(native.output, 1, native.output_length, stdout);
        fflush(stdout);
        native.output_length = 0;
        if (!fgets(line, sizeof line, stdin)) break;
        native_say(&native, line);
        bench_serve(&bench);
    } while (true);
    bench_stop(&bench);
    native_port_free(&native);
    return 0;
}
