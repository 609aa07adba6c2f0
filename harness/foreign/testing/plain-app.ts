import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../paths.js';

/**
 * A little firmware of somebody else for the virtual board: it knows nothing of the bench protocol. At boot it generates as
 * the seeds' firmware does; then it takes lines, and answers `seed TEXT` in the seeds' format and any other text in
 * that of a console which echoes and streams. A prompt that begins with `panic`, `hang`, `lie`, `hasty`, `error` or
 * `babble` goes wrong in that way.
 */
const plainSource = String.raw`
typedef unsigned u32;
#define IMPORT(name) __attribute__((import_module("board"), import_name(#name)))
IMPORT(uart_write) void uart_write(const void *, u32);
IMPORT(uart_read) int uart_read(void *, u32, double);
IMPORT(now_us) double now_us(void);
IMPORT(work) void work(u32, u32, const void *, u32);

static char room[8];
static u32 length(const char *s) { u32 n = 0; while (s[n]) n++; return n; }
static void say(const char *s) { uart_write(s, length(s)); }
static void number(u32 v) {
  char digits[12]; u32 at = sizeof digits;
  do { digits[--at] = (char)('0' + v % 10); v /= 10; } while (v);
  uart_write(digits + at, sizeof digits - at);
}
/* Two decimals. */
static void fixed(double v) {
  u32 cents = (u32)(v * 100 + 0.5);
  number(cents / 100); say("."); number(cents / 10 % 10); number(cents % 10);
}
static void say_log(const char *tag) { say("I ("); number((u32)(now_us() / 1000)); say(") "); say(tag); say(": "); }
static int begins(const char *s, const char *with) { while (*with) if (*s++ != *with++) return 0; return 1; }
static u32 words(const char *s) { u32 n = 0; for (; *s; s++) if (*s != ' ' && (s[1] == ' ' || !s[1])) n++; return n; }
static void compute(void) { work(0, 2000000, room, 0); }

static void misbehave(const char *prompt) {
  if (begins(prompt, "panic")) __builtin_trap();
  if (begins(prompt, "hang")) { char c; for (;;) uart_read(&c, 1, -1.0); }
  if (begins(prompt, "babble")) for (;;) { compute(); say_log("main"); say("System alive\n"); }
}

static void seed_generation(const char *prompt, u32 prompt_tokens, u32 tokens) {
  double start, ms;
  u32 i, lost = begins(prompt, "lie") ? 2 : 0;
  say_log("tinyllm_inference"); say("Starting inference with prompt length: "); number(prompt_tokens); say("\n");
  start = now_us();
  for (i = 0; i < prompt_tokens + tokens; i++) compute();
  say("Generated tokens:");
  for (i = 0; i < tokens - lost; i++) { say(" "); number(40 + i); }
  say(" \n");
  misbehave(prompt);
  ms = (now_us() - start) / 1000;
  say_log("tinyllm_inference"); say("Inference completed: "); number(tokens); say(" tokens in "); number((u32)ms);
  say(" ms ("); fixed(tokens * 1000 / ms * (begins(prompt, "hasty") ? 3 : 1)); say(" tokens/sec)\n");
}

static void console_generation(const char *prompt, u32 tokens) {
  double start, seconds;
  u32 i;
  say("\n");
  if (begins(prompt, "error")) { say("ERROR: no model partition\n> "); return; }
  say("BPE prompt: '"); say(prompt); say("' -> "); number(words(prompt)); say(" tokens\n");
  start = now_us();
  for (i = 0; i < tokens; i++) { compute(); say(i == 2 ? "\nand so" : " on"); }
  misbehave(prompt);
  seconds = (now_us() - start) / 1e6;
  say("\n==========\n Prompt tokens: "); number(words(prompt));
  say("\n Generated tokens: "); number(tokens);
  say("\n Total time: "); fixed(seconds); say("0 sec\n Performance: "); fixed(tokens / seconds);
  say(" tokens/sec (TPS)\n==========\n\n> ");
}

void app_main(void) {
  static char line[128];
  u32 n = 0;
  say_log("app_main"); say("Tiny-LLM ESP32 Inference Engine Starting\n");
  say_log("tinyllm_inference"); say("Tiny-LLM inference engine initialized successfully\n");
  seed_generation("", 4, 3);
  say("\nReady! Type a prompt and press Enter:\n> ");
  for (;;) {
    char c;
    uart_read(&c, 1, -1.0);
    if (c != '\n') { if (n < sizeof line - 1) line[n++] = c; uart_write(&c, 1); continue; }
    line[n] = 0;
    n = 0;
    if (begins(line, "seed ")) { say("\n"); seed_generation(line + 5, words(line + 5), 5); } else console_generation(line, 4);
  }
}
`;

type Builder<T> = (options: { readonly firmwareFolder: string; readonly outFolder: string }) => Promise<T>;

/** The app as a build folder. @param build `buildVirtualFirmware`, from a layer that this one does not know. */
export async function buildPlainApp<T>(build: Builder<T>): Promise<T> {
  const firmwareFolder = mkdtempSync(join(tmpdir(), 'tokenrack-plain-'));
  try {
    const port = join(firmwareFolder, 'ports', 'wasm');
    mkdirSync(port, { recursive: true });
    writeFileSync(join(port, 'plain.c'), plainSource);
    return await build({ firmwareFolder, outFolder: join(packageRoot, 'build', 'plain-app') });
  } finally {
    rmSync(firmwareFolder, { recursive: true });
  }
}
