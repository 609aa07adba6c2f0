import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { exportCard } from './export-card.js';
import { refusal, smallModel, temporaryFolder, writeLlama2c } from './model-fixtures.js';
import { type RandomBits, randomBits } from './random-bits.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

describe('readCheckpoint', () => {
  const at = temporaryFolder();

  before(async () => {
    await writeCheckpoint(smallModel(), at('huggingface'), { format: 'bfloat16' });
    await exportCard(smallModel(), at('card'));
    await mkdir(at('llama2c'));
    await writeLlama2c(at('llama2c', 'small.bin'), smallModel({ hiddenSize: 16 }));
  });

  it('tells the formats apart by what lies there', async () => {
    expect((await readCheckpoint(at('huggingface'))).source.format).to.equal('huggingface');
    expect((await readCheckpoint(at('huggingface', 'model.safetensors'))).source.format).to.equal(
      'huggingface',
    );
    expect((await readCheckpoint(at('card'))).source.format).to.equal('card');
    expect((await readCheckpoint(at('llama2c', 'small.bin'))).source.format).to.equal('llama2.c');
  });

  it('says so when there is no model', async () => {
    expect((await refusal(() => readCheckpoint(at('nowhere')))).message).to.equal(
      `no model at ${at('nowhere')}`,
    );
    expect((await refusal(() => readCheckpoint(at('llama2c')))).message).to.match(
      /holds no model: neither config\.json/,
    );
    expect((await refusal(() => readCheckpoint(at('huggingface', 'config.json')))).message).to.match(
      /name its folder/,
    );
  });

  const victims = [
    ['huggingface', 'model.safetensors', 2600, undefined],
    ['huggingface', 'config.json', 1000, undefined],
    ['card', 'model_config.json', 1000, undefined],
    ['card', 'manifest.json', 3000, undefined],
    ['llama2c', 'small.bin', 28, 'small.bin'],
  ] as const;
  for (const [folder, name, headerBytes, file] of victims) {
    it(`survives every damage to ${folder}/${name}: a model or one clear line`, async () => {
      const next = randomBits(5, headerBytes);
      const copy = at('damaged', folder);
      await cp(at(folder), copy, { recursive: true });
      const whole = await readFile(at(folder, name));
      let refused = 0;
      for (let i = 0; i < 250; i++) {
        await damage(join(copy, name), whole, headerBytes, next);
        const outcome = await readCheckpoint(file === undefined ? copy : join(copy, file)).catch(
          (error: unknown) => error,
        );
        if (!(outcome instanceof Error)) continue;
        refused++;
        if (!(outcome instanceof ConfigError)) throw outcome;
        expect(outcome.message).not.to.match(/\n|undefined|\[object/);
      }
      expect(refused).to.be.greaterThan(100);
      await writeFile(join(copy, name), whole);
    });
  }
});

/** One of: cut short, one bit turned in the header, eight random bytes in the header. */
async function damage(path: string, whole: Buffer, headerBytes: number, next: RandomBits): Promise<void> {
  const bytes = Buffer.from(whole);
  const place = next() % Math.min(headerBytes, bytes.length);
  const kind = next() % 4;
  if (kind === 1) bytes[place] = bytes[place]! ^ (1 << (next() % 8));
  if (kind === 2) for (let i = place; i < Math.min(place + 8, bytes.length); i++) bytes[i] = next();
  if (kind === 3) bytes[next() % 8] = next();
  await writeFile(path, bytes);
  if (kind === 0) await truncate(path, next() % bytes.length);
}
