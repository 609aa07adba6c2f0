import type { BoardConsole } from '../board/console.js';
import { flashBuild } from '../board/flash.js';
import { TokenrackError } from '../errors.js';
import { type Checked, type CheckedBoard, failed } from './checked-board.js';
import { askChip } from './scan-identify.js';

/** How long a chip may take to answer through its loader. */
const IDENTIFY_MS = 15_000;

export async function checkIdentity({ board, reach, options, signal }: CheckedBoard): Promise<Checked> {
  const answer = await askChip(await reach.link(), { timeoutMs: IDENTIFY_MS, signal });
  if (answer.kind === 'none') return failed('identity', answer.message);
  const { mac, revision } = answer;
  const figures = { mac, revision };
  if (mac !== board.mac) {
    const name = options.knownAs(mac);
    const text = `found ${mac}${name === undefined ? '' : `, which is ${name}`}, not ${board.mac}`;
    return { ...failed('identity', text, 'check the cables, or `tokenrack rack scan`'), figures };
  }
  const text = `${mac}, revision ${revisionText(revision)}`;
  if (board.chip_revision === undefined || board.chip_revision === revision)
    return { finding: { check: 'identity', state: 'pass', text }, figures };
  const next = `correct chip_revision in the rack file to ${revision}`;
  const wrong = `${text}, the rack file says ${revisionText(board.chip_revision)}`;
  return { finding: { check: 'identity', state: 'fail', text: wrong, next, blameless: true }, figures };
}

export async function flashFirst({ board, reach, options, signal }: CheckedBoard): Promise<Checked> {
  const { build, lease } = options;
  const finding = { check: 'boot', state: 'pass', text: '' } as const;
  if (build === undefined) return { finding };
  const { stream } = await reach.link();
  await lease.assertHeld();
  await flashBuild(stream, build, { expectedMac: board.mac, knownAs: options.knownAs, signal });
  return { finding };
}

/** Whatever keeps it from a session: blank flash and another project's firmware look alike from here. */
export async function checkBoot(
  console: BoardConsole,
  { board, options, signal }: CheckedBoard,
): Promise<Checked> {
  try {
    await console.restart({ signal });
    await console.hello({ signal });
    const { info } = await console.info({ signal });
    const figures = { build: info.build };
    if (info.mac !== board.mac)
      return { ...failed('boot', `the firmware says that its MAC is ${info.mac}`), figures };
    return { finding: { check: 'boot', state: 'pass', text: `build ${info.build}` }, figures };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TokenrackError)) throw error;
    if (options.build !== undefined) return failed('boot', error.message);
    const { finding } = failed('boot', error.message, 'flash the bench firmware: rack check --flash');
    return { finding: { ...finding, blameless: true }, stop: true };
  }
}

function revisionText(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}
