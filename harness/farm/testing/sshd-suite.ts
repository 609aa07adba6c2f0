import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sshd, type SshdOptions } from './sshd.js';

/** What the tests of a suite have. */
export interface SshdSuite {
  /** One for all of them, running when each begins. */
  readonly sshd: Sshd;
  /** Empty, and each test's own. */
  readonly folder: string;
}

/**
 * Gives the suite that is being described a server and its tests folders. Its hooks come in their places among the suite's own: an
 * `afterEach` that lets go of something in the folder is to stand before this call.
 */
export function sshdForSuite(options: SshdOptions = {}): SshdSuite {
  let sshd: Sshd | undefined;
  let folder = '';
  before(async () => {
    sshd = await Sshd.start(options);
  });
  after(() => sshd?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await sshd!.start();
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-over-ssh-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return {
    get sshd() {
      return sshd!;
    },
    get folder() {
      return folder;
    },
  };
}
