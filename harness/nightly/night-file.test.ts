import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { holdNight } from './night-file.js';

describe('holdNight', () => {
  it('names who runs the night already, and no command that does not list nights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-night-'));
    {
      await using _first = await holdNight(folder, 'nightly-a');
      const refused = await holdNight(folder, 'nightly-a').catch((error: unknown) => error);
      expect(refused).to.include({ code: 'night-runs', failureClass: 'config-error' });
      expect((refused as Error).message).to.match(
        /^the night nightly-a is being run already by \S+ \(process \d+\)$/,
      );
    }
    await rm(folder, { recursive: true });
  });
});
