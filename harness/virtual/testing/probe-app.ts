/** A little program for the virtual board that does one thing a command line: `VERB NUMBER NUMBER`, so that tests can drive it. */
export const probeSource = String.raw`
typedef unsigned u32;
#define IMPORT(name) __attribute__((import_module("board"), import_name(#name)))
IMPORT(uart_write) void uart_write(const void *, u32);
IMPORT(uart_flush) void uart_flush(void);
IMPORT(uart_read) int uart_read(void *, u32, double);
IMPORT(uart_baud) void uart_baud(u32);
IMPORT(now_us) double now_us(void);
IMPORT(work) void work(u32, u32, const void *, u32);
IMPORT(region) void region(u32, const void *, u32);
IMPORT(memory_size) u32 memory_size(u32);
IMPORT(parallel_begin) void parallel_begin(void);
IMPORT(parallel_switch) void parallel_switch(void);
IMPORT(parallel_end) void parallel_end(void);
IMPORT(flash_map) int flash_map(void *);
IMPORT(flash_erase) int flash_erase(u32, u32);
IMPORT(flash_write) int flash_write(u32, const void *, u32);
IMPORT(card_mount) int card_mount(void);
IMPORT(card_open) int card_open(const char *, u32);
IMPORT(card_size) u32 card_size(int);
IMPORT(card_read_begin) int card_read_begin(int, u32, void *, u32);
IMPORT(card_read_wait) int card_read_wait(void);
IMPORT(card_close) void card_close(int);
IMPORT(chip) int chip(char *, u32);
IMPORT(stack_free) u32 stack_free(void);
IMPORT(restart) void restart(void);
IMPORT(abort) void board_abort(const char *, u32);

extern unsigned char __heap_base;
static char *psram;
static unsigned char *flash;

static u32 length(const char *s) { u32 n = 0; while (s[n]) n++; return n; }
static void say(const char *s) { uart_write(s, length(s)); }
static void number(double value) {
  char digits[24]; u32 at = sizeof digits;
  unsigned long long v = (unsigned long long)(value < 0 ? -value : value);
  do { digits[--at] = (char)('0' + v % 10); v /= 10; } while (v);
  if (value < 0) digits[--at] = '-';
  uart_write(digits + at, sizeof digits - at);
}
static void answer(double value) { number(value); say("\n"); }

static u32 read_line(char *line, u32 capacity) {
  u32 n = 0;
  for (;;) {
    char c;
    uart_read(&c, 1, -1.0);
    if (c == '\n') break;
    if (n < capacity - 1) line[n++] = c;
  }
  line[n] = 0;
  return n;
}

static u32 parse(const char **p) {
  u32 v = 0;
  while (**p == ' ') (*p)++;
  while (**p >= '0' && **p <= '9') v = v * 10 + (u32)(*(*p)++ - '0');
  return v;
}

__attribute__((noinline)) static u32 deep(u32 n, volatile u32 *above) {
  volatile u32 here[64];
  u32 left;
  here[0] = *above + 1;
  left = n ? deep(n - 1, here) : stack_free();
  return left + (here[0] - *above - 1);
}
__attribute__((noinline)) static void divide(volatile int *a, int n) { *a = n / *a; }

static void read_card(u32 offset, u32 bytes, char *target) {
  int file = card_open("data.bin", 8);
  int begun = card_read_begin(file, offset, target, bytes);
  answer(begun ? begun : card_read_wait());
  card_close(file);
}

static void map_flash(void) {
  u32 pages = (u32)__builtin_wasm_memory_grow(0, memory_size(2) / 65536u + 1);
  flash = (unsigned char *)(pages * 65536u);
  answer(flash_map(flash));
}
/* The time of a write of b bytes that are c, whatever it says. */
static void write_flash(u32 a, u32 b, u32 c) {
  double t = now_us();
  for (u32 i = 0; i < b; i++) psram[i] = (char)c;
  number(flash_write(a, psram, b)); say(" "); answer(now_us() - t);
}
static void erase_flash(u32 a, u32 b) {
  double t = now_us();
  number(flash_erase(a, b)); say(" "); answer(now_us() - t);
}
/* Two cores with float32 dots of a and b elements in memory c: each core's own time, then the section's. */
static void work_in_parallel(u32 a, u32 b, u32 c) {
  void *data = c == 2 ? (void *)flash : c == 1 ? (void *)psram : (void *)&flash;
  double t = now_us(), first, second;
  parallel_begin();
  work(0, a, data, c ? a * 4 : 0);
  first = now_us() - t;
  parallel_switch();
  work(0, b, data, c ? b * 4 : 0);
  second = now_us() - t;
  parallel_end();
  number(first); say(" "); number(second); say(" "); answer(now_us() - t);
}
static void break_section(u32 how) {
  if (how == 0) parallel_switch();
  if (how == 1) parallel_end();
  parallel_begin();
  if (how == 2) parallel_end();
  if (how == 3) card_mount();
  if (how == 4) parallel_begin();
  if (how == 5) board_abort("a task gave up", 14);
}

static void obey(const char *line) {
  static volatile int zero;
  static volatile u32 zero2;
  static char room[512];
  const char *p = line + 1;
  u32 a = parse(&p), b = parse(&p), c = parse(&p);
  switch (line[0]) {
    case 'e': say(line); say("\n"); break;
    case 'n': answer(now_us()); break;
    case 'w': { double t = now_us(); work(a, b, c == 1 ? (void *)psram : room, c ? b * 4 : 0); answer(now_us() - t); break; }
    case 't': { char x; double t = now_us(); int got = uart_read(&x, 1, (double)a); number(got); say(" "); answer(now_us() - t); break; }
    case 'm': answer(card_mount()); break;
    case 'o': answer(card_open(line + 2, length(line + 2))); break;
    case 'r': read_card(a, b, c ? psram : room); if (!c) { uart_write(room, b < 8 ? b : 8); say("\n"); } break;
    case 'y': answer(((unsigned char *)psram)[a]); break;
    case 's': zero2 = 0; answer(deep(a, &zero2)); break;
    case 'c': chip(room, sizeof room); say(room); say("\n"); break;
    case 'M': answer(memory_size(a)); break;
    case 'F': map_flash(); break;
    case 'E': erase_flash(a, b); break;
    case 'W': write_flash(a, b, c); break;
    case 'P': answer(flash[a]); break;
    case 'p': work_in_parallel(a, b, c); break;
    case 'B': break_section(a); break;
    case 'S': parallel_begin(); for (;;) work(0, 1000, room, 0); break;
    case 'O': answer(flash_map((void *)0x7fff0000)); break;
    case 'T': region(2, flash, 4096); break;
    case 'l': say("looping\n"); for (;;) zero = zero + 1; break;
    case 'u': __builtin_trap(); break;
    case 'd': zero = 0; divide(&zero, (int)b); break;
    case 'x': *(volatile char *)0x7ffffff0 = 1; break;
    case 'a': board_abort("the probe gave up", 17); break;
    case 'k': work(99, 1, room, 0); break;
    case 'R': say("restarting\n"); restart(); break;
    case 'b': say("switching\n"); uart_flush(); uart_baud(a); break;
    case 'q': return;
    default: say("?\n");
  }
}

void app_main(void) {
  char line[64];
  psram = (char *)&__heap_base;
  __builtin_wasm_memory_grow(0, (4u << 20) / 65536u + 2);
  region(1, psram, memory_size(1));
  say("ready\n");
  for (;;) { read_line(line, sizeof line); if (line[0] == 'q') return; obey(line); }
}
`;
