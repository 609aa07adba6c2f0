import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFor } from '../config/environment.js';
import { packageRoot } from '../paths.js';
import { quantizeOutputSchema } from './quantize.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** What the firmware has in PSRAM beside weights, KV cache and logits. */
const FIRMWARE_BYTES = 4096;

/** The real program: every matrix is priced at every width, and the mixture runs on the virtual board. */
describe('tokenrack quantize --psram', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-psram-'));
    await writeFile(join(folder, 'test.txt'), 'Once upon a time there was a boy.');
    await writeFile(join(folder, 'calibration.txt'), 'The little dog slept in the garden.');
  });
  after(() => rm(folder, { recursive: true }));

  function quantize(...args: readonly string[]): Promise<Ran> {
    const texts = ['--test', 'test.txt', '--calibration', 'calibration.txt', '--threads', '1', '--json'];
    const env = environmentFor({
      stateFolder: join(folder, 'state'),
      machineFolder: join(folder, 'machine'),
      runsFolder: join(folder, 'runs'),
    });
    const words = ['quantize', fixture, '--out', 'out', '--method', 'nearest', ...args, ...texts];
    return runTokenrack(words, { cwd: folder, env });
  }

  it('chooses bits so that the board has in PSRAM what it multiplies, and at most as much as was asked for', async () => {
    const { out, err } = await quantize('--psram', '120KB');
    expect(err).to.match(/^matrix +bits +KL alone at 8/m);
    const planned = /PSRAM with all that a token multiplies, KV cache and logits ([\d,]+) bytes/.exec(err);
    const bytes = Number(planned![1]!.replaceAll(',', ''));
    expect(bytes).to.be.within(100_000, 120_000);

    const [build] = quantizeOutputSchema.parse(JSON.parse(out)).builds;
    const { recipe } = build!.report!.build;
    expect(Object.keys(recipe!.exceptions), 'a mixture').not.to.deep.equal([]);
    // Where there is room left the board keeps the embedding too, of which a token looks up one row.
    const table = await stat(join(folder, build!.cardFolder!, 'embed_tokens.bin'));
    const peak = build!.report!.speed!.build.peakPsramBytes - table.size;
    expect(peak).to.be.within(bytes, bytes + FIRMWARE_BYTES);
  });

  it('says the least that is possible where nothing fits, before it prices anything', async () => {
    const { code, err } = await quantize('--psram', '40KB');
    expect(code).to.equal(2);
    expect(err).to.equal(
      'tokenrack: config-error: a budget of 40000 bytes of PSRAM is too small: the smallest mixture takes 82432\n',
    );
  });
});
