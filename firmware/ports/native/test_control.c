/* What changes a run or the board around it: Ctrl-X, floods, knobs, baud rates, marks of memory. */

#include <stdio.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_session.h"

#define HEAP 65536
#define PSRAM 400000

static const char *card;

static void begin(struct session *s)
{
    session_begin(s, card, HEAP, PSRAM);
}

static void check_cancel(void)
{
    struct session s;
    begin(&s);
    session_command(&s, "prompt 0 1 2 3 4");
    test_case("Ctrl-X ends a run at the next token");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 6; /* four polls of the prefill, one after the first token, this one */
    session_command(&s, "generate max=20 eos=0");
    CHECK(session_said(&s, "\"tokens\":2,\"stop\":\"abort\",\"first_us\":"));
    test_case("during the prefill nothing was measured, so nothing is reported");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=20 eos=0");
    CHECK(session_said(&s, "\"tokens\":0,\"stop\":\"abort\",\"psram_peak\":"));
    CHECK(!session_said(&s, "first_us") && !session_said(&s, "ttft_us"));
    CHECK(session_said(&s, "\"name\":\"prefill\",\"forwards\":1,"));
    test_case("score too");
    s.native.interruption = "\x18";
    s.native.interruption_poll = 3;
    session_command(&s, "score");
    CHECK(session_said(&s, "\"tokens\":2,\"stop\":\"abort\""));
    test_case("a command behind the Ctrl-X waits for the end of the run");
    s.native.interruption = "rubbish\x18\nset context\n";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=20 eos=0");
    CHECK(session_refused(&s, "bad_arg", "set takes"));
    EQUAL(session_count(&s, "\"r\":\"err\""), 1);
    test_case("a command during a run without Ctrl-X is answered after it");
    s.native.interruption = "set prefill_head 1\n";
    s.native.interruption_poll = 2;
    session_command(&s, "generate max=3 eos=0");
    CHECK(session_said(&s, "\"tokens\":3,\"stop\":\"max\""));
    const char *done = strstr(session_heard(&s), "\"r\":\"done\"");
    CHECK(done && strstr(done, "\"key\":\"prefill_head\",\"value\":1}"));
    session_end(&s);
}

static void check_flood(void)
{
    struct session s;
    char flood[600];
    begin(&s);
    test_case("a flood during a run costs its lines, never the app");
    session_command(&s, "prompt 0 1 2 3 4");
    memset(flood, 'z', sizeof flood);
    flood[sizeof flood - 1] = '\0';
    s.native.interruption = flood;
    s.native.interruption_poll = 1;
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_said(&s, "\"stop\":\"max\""));
    session_raw(&s, "\n");
    CHECK(session_refused(&s, "line_long", ""));
    session_command(&s, "info");
    CHECK(session_said(&s, "\"r\":\"info\""));
    test_case("a line whose end was lost is not taken for a shorter one");
    memset(flood, '\n', 125);
    strcpy(flood + 125, "set prefill_head 1");
    s.native.interruption = flood;
    s.native.interruption_poll = 1;
    session_command(&s, "generate max=2 eos=0");
    session_raw(&s, "\n");
    CHECK(session_refused(&s, "line_long", "") && !session_said(&s, "\"r\":\"knob\""));
    memset(flood, 'z', sizeof flood - 1);
    test_case("a Ctrl-X at its end is heard all the same");
    flood[sizeof flood - 2] = '\x18';
    s.native.interruption = flood;
    s.native.interruption_poll = 1;
    session_command(&s, "generate max=2 eos=0");
    CHECK(session_said(&s, "\"stop\":\"abort\""));
    session_command(&s, "info");
    CHECK(session_said(&s, "\"r\":\"info\""));
    session_end(&s);
}

static void check_knobs(void)
{
    struct session s;
    begin(&s);
    test_case("lists knobs with defaults and ranges that fit the model");
    session_command(&s, "set");
    CHECK(session_said(&s, "\"key\":\"context\",\"value\":40,\"default\":40,\"min\":1,\"max\":40}"));
    CHECK(session_said(&s, "\"key\":\"head_rows\",\"value\":256,\"default\":256,"));
    CHECK(session_said(&s, "\"key\":\"mlp_bytes\",\"value\":98304,"));
    CHECK(session_said(&s, "\"key\":\"prefill_head\",\"value\":1,\"default\":1,\"min\":0,\"max\":1}"));
    test_case("refuses unknown keys and values out of range, and keeps the value");
    session_command(&s, "set speed 9");
    CHECK(session_refused(&s, "bad_key", "speed"));
    session_command(&s, "set context 41");
    CHECK(session_refused(&s, "bad_value", "from 1 to 40"));
    session_command(&s, "set prefill_head yes");
    CHECK(session_refused(&s, "bad_value", "prefill_head"));
    session_command(&s, "set context");
    CHECK(session_refused(&s, "bad_arg", ""));
    test_case("a knob whose values have names takes a name or its number, and lists them");
    session_command(&s, "set strategy fast");
    CHECK(session_said(&s, "\"key\":\"strategy\",\"value\":1}"));
    session_command(&s, "set screen 2");
    CHECK(session_said(&s, "\"key\":\"screen\",\"value\":2}"));
    session_command(&s, "set");
    CHECK(session_said(&s, "\"key\":\"strategy\",\"value\":1,\"default\":0,\"min\":0,\"max\":1,\"names\":[\"seed\",\"fast\"]}"));
    CHECK(session_said(&s, "\"key\":\"screen\",\"value\":2,\"default\":1,\"min\":0,\"max\":2,"
                           "\"names\":[\"off\",\"certain\",\"checked\"]}"));
    EQUAL(session_count(&s, "\"r\":\"knob\""), 13);
    EQUAL(session_count(&s, "\"names\""), 2);
    session_command(&s, "set screen sometimes");
    CHECK(session_refused(&s, "bad_value", "screen is off, certain or checked"));
    session_command(&s, "set strategy 2");
    CHECK(session_refused(&s, "bad_value", "strategy is seed or fast"));
    session_command(&s, "set strategy seed");
    test_case("has the presets of the protocol's table");
    static const char *const presets[] = {
        "\"resident\",\"value\":31,\"default\":31,\"min\":0,\"max\":31}", "\"cache_bytes\",\"value\":4194304,",
        "\"screen_rows\",\"value\":2048,\"default\":2048,\"min\":1,\"max\":4096}", "\"chunk_bytes\",\"value\":16384,",
        "\"read_ahead\",\"value\":1,\"default\":1,\"min\":0,\"max\":1}", "\"batch\",\"value\":8,\"default\":8,\"min\":1,\"max\":32}",
        "\"core_split\",\"value\":50,\"default\":50,\"min\":0,\"max\":100}",
    };
    session_command(&s, "set");
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) CHECK(session_said(&s, presets[i]));
    test_case("a knob of the load takes effect at the next load");
    session_command(&s, "set context 9");
    CHECK(session_said(&s, "\"key\":\"context\",\"value\":9}"));
    session_command(&s, "info");
    CHECK(session_said(&s, "\"context\":40,"));
    session_command(&s, "load " BENCH_BOOT_FOLDER);
    session_command(&s, "info");
    CHECK(session_said(&s, "\"context\":9,"));
    test_case("load refuses folders that lead out of the card");
    session_command(&s, "load ../secret");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_command(&s, "load /etc");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_command(&s, "load");
    CHECK(session_refused(&s, "bad_arg", ""));
    CHECK(s.bench.loaded.ready);
    session_end(&s);
}

static void check_baud(void)
{
    struct session s;
    begin(&s);
    test_case("switches the rate after its ack has left, and keeps it once a valid line came");
    session_command(&s, "baud 921600");
    CHECK(session_said(&s, "\"q\":2}"));
    EQUAL(s.native.baud, 921600);
    EQUAL(s.native.flushes, 1);
    session_command_as(&s, 2, "baud 921600");
    CHECK(session_said(&s, "\"q\":2,\"dup\":1}"));
    s.native.silence_us = 10000000;
    session_raw(&s, "");
    EQUAL(s.native.baud, 921600);
    s.native.silence_us = 0;
    test_case("falls back to 115200 when two seconds bring nothing valid");
    session_command(&s, "baud 460800");
    EQUAL(s.native.baud, 460800);
    s.native.silence_us = 2000000;
    session_raw(&s, "\x80\xff\x01\n");
    EQUAL(s.native.baud, 115200);
    test_case("a baud that comes again after the fallback switches again");
    session_command_as(&s, 3, "baud 460800");
    CHECK(session_said(&s, "\"q\":3,\"dup\":1}"));
    EQUAL(s.native.baud, 460800);
    session_command_as(&s, 4, "info");
    test_case("refuses other rates");
    session_command_as(&s, 5, "baud 9600");
    CHECK(session_refused(&s, "bad_arg", "115200"));
    session_command_as(&s, 5, "baud");
    CHECK(session_refused(&s, "bad_arg", ""));
    session_end(&s);
}

static void check_memory_marks(void)
{
    struct session s;
    char mark[64];
    begin(&s);
    test_case("the run's peak starts anew with the prompt, the boot's does not");
    session_command(&s, "set context 2");
    session_command(&s, "load " BENCH_BOOT_FOLDER);
    session_command(&s, "prompt 0 1");
    session_command(&s, "generate max=1");
    const struct bench_arena *psram = &s.native.arena[BENCH_PSRAM];
    CHECK(psram->peak > psram->used);
    snprintf(mark, sizeof mark, "\"psram_peak\":%u,\"psram_peak_run\":%u,", psram->peak, psram->used);
    CHECK(session_said(&s, mark));
    session_end(&s);
}

int main(int argc, char **argv)
{
    struct test_model truth;
    card = argc > 1 ? argv[1] : ".";
    test_model_make(&truth, test_shape_odd(), 8);
    test_model_write(&truth, card, BENCH_BOOT_FOLDER, true);
    check_cancel();
    check_flood();
    check_knobs();
    check_baud();
    check_memory_marks();
    test_model_free(&truth);
    return test_report();
}
