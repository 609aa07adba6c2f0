import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { CardBench } from '../bench/testing/card-bench.js';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { type CostTable, loadCostTable } from '../virtual/cost-table.js';
import { type NoisyBoard, withNoise } from '../virtual/noisy-wire.js';
import { BoardError } from './board-error.js';
import { encodeCommand } from './machine-line.js';
import { promptCommands } from './prompt-chunks.js';

const context = 256;
const folder = 'tinyllm_float32_weights';

/** A driver with the smallest ring that ESP-IDF allows behind the FIFO of 128 bytes. */
function smallestRing(): CostTable {
  const table = loadCostTable();
  return { ...table, uart: { ...table.uart, rxRingBytes: { ...table.uart.rxRingBytes, value: 129 } } };
}

describe('prompts over UART', function () {
  this.timeout(60_000);
  let bench: CardBench;

  before(async () => {
    bench = await CardBench.make();
    const model = await readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
    await exportCard(model, join(bench.folder, 'exported'));
    await cp(join(bench.folder, 'exported'), join(bench.card, folder), { recursive: true });
  });
  after(() => bench[Symbol.asyncDispose]());

  const idsOf = (length: number) => Array.from({ length }, (_, index) => (index * 37 + length) % 512);

  it('stream at every length to the context without an overrun', async () => {
    await bench.withBoard(
      async ({ console, board }) => {
        await console.load(folder);
        for (let length = 1; length <= context; length++) {
          expect(await console.sendPrompt(idsOf(length))).to.equal(length);
        }
        expect(board.counters()).to.include({ uartOverruns: 0, uartDroppedBytes: 0 });
        expect(console.counters()).to.include({ resends: 0, torn: 0 });
      },
      { costTable: smallestRing() },
    );
  });

  it('would overrun the FIFO without the acknowledgements', async () => {
    await bench.withBoard(
      async ({ console, board }) => {
        await console.load(folder);
        // All at once, as by a host that does not wait: a prompt, its run, and the next prompt.
        const commands = [...promptCommands(idsOf(60)).map(({ command }) => command), 'generate max=20'];
        const next = promptCommands(idsOf(200)).map(({ command }) => command);
        const lines = [...commands, ...next].map((command, index) => encodeCommand(1000 + index, command));
        board.write(Buffer.from(lines.join('')));
        // A board that never overran would hold this up to the test's own limit.
        while (board.counters().uartOverruns === 0) await sleep(5);
      },
      { costTable: smallestRing() },
    );
  });

  it('and tokens arrive right through noise at 1 in 100000 bytes both ways, with the retries counted', async () => {
    const noisy: NoisyBoard[] = [];
    const wire = (board: Parameters<typeof withNoise>[0]) => {
      noisy.push(withNoise(board, { seed: 5, perByte: 1e-5 }));
      return noisy[0]!;
    };
    const clean = await bench.withBoard(({ console }) => tokensOf(console, 1));
    await bench.withBoard(
      async ({ console }) => {
        const made = await tokensOf(console, 400, 8);
        for (const [index, tokens] of made.entries()) expect(tokens, `run ${index}`).to.deep.equal(clean[0]);
        const { resends, torn, rxBytes, txBytes } = console.counters();
        globalThis.console.log(
          `      ${rxBytes + txBytes} bytes, ${noisy[0]!.damaged()} damaged, ${resends} commands again, ${torn} torn lines`,
        );
        expect(resends, 'commands were damaged').to.be.above(0);
        expect(torn, 'answers were damaged').to.be.above(0);
      },
      { wire },
    );
    expect(noisy[0]!.damaged()).to.be.above(0);
  });

  async function tokensOf(
    console: Parameters<Parameters<CardBench['withBoard']>[0]>[0]['console'],
    runs: number,
    most = 0,
  ): Promise<string[]> {
    let unended = 0;
    await console.load(folder);
    const made: string[] = [];
    while (made.length < runs) {
      await console.sendPrompt(idsOf(40));
      const run = await console.generate({ max: 12, eos: false }, { timeoutMs: 4000 }).catch(endLost);
      if (run === undefined) {
        unended += 1;
        continue;
      }
      const { tokens, lost, done } = run;
      if (lost.length === 0) made.push(`${tokens.map(({ id }) => id).join(' ')} ${done.tokens_crc}`);
    }
    expect(unended, 'runs whose last line was lost').to.be.at.most(most);
    return made;
  }
});

/** A run of which the last line was damaged ends by silence, 120 s of it unless told otherwise. Nothing else is let pass. */
function endLost(error: unknown): undefined {
  if (error instanceof BoardError && (error.code === 'board-hung' || error.code === 'link-damaged')) return;
  throw error;
}
