import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { type CostSettings, cardReadUs, workUs } from './cost-model.js';
import { loadCostTable } from './cost-table.js';

const table = loadCostTable();
const oneBit: CostSettings = { cardMode: '1-bit', bounceBuffer: true, fastSeek: true };

describe('cost model', () => {
  it('charges a kernel its cycles, and its memory the bytes it streamed', () => {
    expect(workUs(table, 0, 240, 'internal', 960)).to.be.closeTo(5.1, 1e-9);
    expect(workUs(table, 0, 240, 'psram', 960)).to.be.closeTo(5.1 + 960 / 20, 1e-9);
    expect(workUs(table, 0, 240, 'flash', 960)).to.be.closeTo(5.1 + 960 / 20, 1e-9);
    expect(workUs(table, 3, 240, 'internal', 0)).to.equal(table.kernels.crc.value);
  });

  it('knows the kernel of every weight format by its number in ABI.md', () => {
    const abi = readFileSync(join(packageRoot, 'firmware/ports/wasm/ABI.md'), 'utf8');
    const listed = /`work\(kernel,.*\|\n/.exec(abi)![0];
    const cyclesOf = (kernel: number): number => workUs(table, kernel, 240, 'internal', 0);
    const { kernels } = table;
    for (const [name, entry] of [
      ['5 float16', kernels.float16Dot],
      ['6 bfloat16', kernels.bfloat16Dot],
      ['7 int8', kernels.int8Dot],
      ['8 int4', kernels.int4Dot],
      ['9 int2', kernels.int2Dot],
      ['10 ternary', kernels.ternaryDot],
      ['11 ternary_2bit', kernels.ternary2BitDot],
      ['12 binary', kernels.binaryDot],
      ['13 activations quantized', kernels.quantize],
      ['14 screen bounds', kernels.screenBound],
      ['15 memcpy', kernels.copy],
    ] as const) {
      expect(listed).to.include(name);
      expect(cyclesOf(Number.parseInt(name, 10)), name).to.equal(entry.value);
    }
  });

  it('refuses a kernel that the ABI does not have', () => {
    expect(() => workUs(table, 16, 1, 'internal', 0)).to.throw(RangeError, 'kernel 16');
  });

  it('reads a card at the rate of its bus, and seeks only when the read is not contiguous', () => {
    const read = { bytes: 37_000, contiguous: true, destination: 'internal' } as const;
    expect(cardReadUs(table, oneBit, read)).to.be.closeTo(10_000, 1e-6);
    expect(cardReadUs(table, { ...oneBit, cardMode: '4-bit' }, read)).to.be.closeTo(37_000 / 9, 1e-6);
    expect(cardReadUs(table, oneBit, { ...read, contiguous: false })).to.be.closeTo(11_000, 1e-6);
  });

  it('walks the cluster chain on a seek without the fast-seek map', () => {
    const read = { bytes: 0, contiguous: false, destination: 'internal' } as const;
    expect(cardReadUs(table, { ...oneBit, fastSeek: false }, read)).to.equal(27_000);
  });

  it('crawls into PSRAM without a bounce buffer, and copies on with one', () => {
    const read = { bytes: 1_000_000, contiguous: true, destination: 'psram' } as const;
    expect(cardReadUs(table, oneBit, read)).to.be.closeTo(1e6 / 3.7 + 1e6 / 20, 1e-6);
    expect(cardReadUs(table, { ...oneBit, bounceBuffer: false }, read)).to.be.closeTo(5e6, 1e-6);
  });

  it('puts Tiny-LLM in float32 where HARDWARE.md puts it: some tenths of a token a second, or a hundredth', () => {
    // Per token: 27.4 MB from the card through PSRAM, 6.84 million multiply-accumulates, 154 reads.
    const tokenUs = (settings: CostSettings): number =>
      154 * table.card.seekUs.value +
      cardReadUs(table, settings, { bytes: 27.4e6, contiguous: true, destination: 'psram' }) +
      workUs(table, 0, 6.84e6, 'psram', 27.4e6);
    expect(1e6 / tokenUs(oneBit)).to.be.within(0.09, 0.12);
    expect(1e6 / tokenUs({ ...oneBit, cardMode: '4-bit' })).to.be.within(0.15, 0.23);
    expect(1e6 / tokenUs({ ...oneBit, bounceBuffer: false })).to.be.below(0.01);
  });
});
