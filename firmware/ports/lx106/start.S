/* Reset: a stack, zeroed data, main; then the simulator's exit. */
    .section .start, "ax"
    .global _start
_start:
    j 1f
    .align 4
    .literal_position
1:  movi a1, stack_top
    movi a2, bss_start
    movi a3, bss_end
    movi a4, 0
2:  bgeu a2, a3, 3f
    s32i a4, a2, 0
    addi a2, a2, 4
    j 2b
3:  movi a0, main           /* too far for a call0 */
    callx0 a0
    mov a3, a2
    movi a2, 1              /* exit(a3) */
    simcall

/* int simulator_write(const char *bytes, int count), to standard output */
    .text
    .global simulator_write
    .align 4
simulator_write:
    mov a5, a3
    mov a4, a2
    movi a3, 1
    movi a2, 4              /* write(a3: file, a4: bytes, a5: count) */
    simcall
    ret
