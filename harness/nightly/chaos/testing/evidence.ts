import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { LedgerRecord } from '../../ledger-records.js';
import { ledgerOf } from '../../testing/night-folder.js';
import { lastLines } from './diary.js';
import type { TrialMachine } from './machines.js';

const OUTPUT_LINES = 8;

/** What a night's folder and its machines have to say of every job: all that a failed trial is explained by, for it is removed with the trial. */
export async function evidenceOf(
  night: string | undefined,
  machines: readonly TrialMachine[],
): Promise<string> {
  const ledger = night === undefined ? 'there is no night' : await ledgerText(night);
  const tries = await Promise.all(machines.map(triesText));
  return [lastLines('the ledger', ledger, 200), ...tries].join('\n');
}

async function ledgerText(night: string): Promise<string> {
  const records = await ledgerOf(night).catch((error: Error) => error.message);
  return typeof records === 'string' ? records : records.map(recordText).join('\n');
}

function recordText(record: LedgerRecord): string {
  const { at, job, record: what } = record;
  const number = 'try' in record && record.try !== undefined ? `, try ${record.try}` : '';
  return `${at.slice(11, 23)} ${what} ${job}${number}${detailOf(record)}`;
}

function detailOf(record: LedgerRecord): string {
  if (record.record === 'started') return ` at ${record.place} ${JSON.stringify(record.boards)}`;
  if ('why' in record) return `: ${'code' in record ? `${record.code}: ` : ''}${record.why}`;
  if (!('outcome' in record)) return '';
  const { verdict, machine, try: number, startedAt, endedAt, failures } = record.outcome;
  const why = failures.map(({ code, message }) => `; ${code}: ${message}`).join('');
  return `: ${verdict} by ${machine} (its try ${number}, ${startedAt.slice(11, 23)} to ${endedAt.slice(11, 23)})${why}`;
}

/** What each try of a machine came to; with the last that its process printed where it did not pass. */
async function triesText(machine: TrialMachine): Promise<string> {
  const folders = (await machine.tryFolders()).sort();
  const texts = await Promise.all(folders.map((folder) => tryText(machine, folder)));
  return lastLines(`tries on ${machine.name}`, texts.join('\n') || 'none', 200);
}

async function tryText(machine: TrialMachine, folder: string): Promise<string> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const name = relative(join(machine.state, 'jobs'), folder);
  const [outcome, claim, events, output] = await Promise.all(
    ['outcome.json', 'process.json', 'events.jsonl', 'output.log'].map(read),
  );
  const { verdict, failures = [], startedAt, endedAt } = outcome === '' ? {} : JSON.parse(outcome!);
  const who = claim === '' ? 'no process' : `process ${JSON.parse(claim!).pid ?? claim}`;
  if (verdict === 'pass') return `${name}: pass, ${startedAt.slice(11, 23)} to ${endedAt.slice(11, 23)}`;
  const why = failures.map(({ code, message }: { code?: string; message: string }) => `${code}: ${message}`);
  const came = verdict === undefined ? 'no outcome' : `${verdict} at ${endedAt.slice(11, 23)}`;
  const lastEvent = events!.trimEnd().split('\n').at(-1)!.slice(0, 300);
  return [
    `${name}: ${[`${came}, ${who}`, ...why].join('; ')}`,
    `  last event: ${lastEvent}`,
    lastLines('  output', output!, OUTPUT_LINES),
  ].join('\n');
}
