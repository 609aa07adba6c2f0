import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TokenrackError } from '../../../errors.js';
import { packageRoot } from '../../../paths.js';
import { tokenrackVersion } from '../../../version.js';
import { openFolderStore } from '../../blobs/folder-store.js';
import { type Job, jobSchema, type Placement, placementSchema } from '../../jobs/job.js';
import { openJobStore } from '../../jobs/job-store.js';
import { fakeJobCommand } from './fake-job.js';

/**
 * The far end of a conversation, as `tokenrack host --state FOLDER` is, with jobs that need no boards. Files in the folder change what it
 * says: `boot`, `version`. `calls` gets a line for each request.
 */
export const fakeHostCommand = [
  process.execPath,
  join(packageRoot, 'dist', 'farm', 'ssh', 'testing', 'fake-host.js'),
];

interface Params {
  readonly job: Job | string;
  readonly placement: Placement;
  readonly try: number;
  readonly offset: number;
  readonly hashes: string[];
  readonly sha256: string;
  readonly file: string;
  readonly boards: readonly { readonly mac: string }[];
}

type Say = (answer: object) => void;

async function serve(state: string): Promise<void> {
  const jobs = openJobStore(state, { command: fakeJobCommand });
  const blobs = await openFolderStore(join(state, 'blobs'));
  const told = (name: string, otherwise: string): string =>
    existsSync(join(state, name)) ? readFileSync(join(state, name), 'utf8') : otherwise;
  const over = new AbortController();

  async function answer(method: string, params: Params, say: Say): Promise<object> {
    const ref = { id: String(params.job), try: params.try };
    switch (method) {
      case 'hello':
        return {
          version: told('version', tokenrackVersion),
          machine: 'fake',
          boot: told('boot', 'first'),
          blobs: blobs.folder,
        };
      case 'blobs.missing':
        return { missing: await blobs.missing(params.hashes) };
      case 'blobs.keep':
        await blobs.takeFile(params.sha256, params.file);
        return {};
      case 'job.start':
        return {
          state: await jobs.start(jobSchema.parse(params.job), placementSchema.parse(params.placement)),
        };
      case 'job.follow': {
        const onLine = (line: object, next: number): void => say({ line, next });
        return { outcome: await jobs.follow(ref, params.offset, onLine, over.signal) };
      }
      case 'job.stop':
        await jobs.stop(ref);
        return {};
      case 'job.remove':
        await jobs.remove(ref);
        return {};
      case 'boards.status':
        return { boards: params.boards.map(({ mac }) => ({ mac, state: 'free' })) };
      default:
        return {};
    }
  }

  for await (const text of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: Params };
    appendFileSync(join(state, 'calls'), `${method}\n`);
    const say: Say = (answered) => process.stdout.write(`${JSON.stringify({ id, ...answered })}\n`);
    void answer(method, params, say).then(
      (result) => say({ result }),
      (error: unknown) => say({ error: describe(error) }),
    );
  }
  over.abort();
}

function describe(error: unknown): object {
  if (error instanceof TokenrackError) {
    return { code: error.code, class: error.failureClass, message: error.message };
  }
  return { code: 'exception', class: 'harness-bug', message: String(error) };
}

const [, program, command, flag, folder] = process.argv;
if (program === fakeHostCommand[1] && command === 'host' && flag === '--state') await serve(folder!);
