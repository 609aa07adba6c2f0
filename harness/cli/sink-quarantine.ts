import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { EXIT_CODES } from '../results/verdict.js';
import { requireInfluxSettings, spoolFolder } from '../sinks/influx/open-sink.js';
import { Spool } from '../sinks/influx/spool.js';
import { Quarantine, type QuarantineEntry } from '../sinks/influx/spool-quarantine.js';
import { describeFlushed, type FlushFlags, sendWaiting } from './sink.js';

export interface QuarantineFlags extends FlushFlags {
  readonly retry?: boolean;
  readonly drop?: boolean;
}

/** Lists points that the server refused, shows those named, sends them again, or removes them. */
export async function quarantine(ids: readonly string[], flags: QuarantineFlags): Promise<void> {
  if (flags.retry === true && flags.drop === true)
    throw new ConfigError('retry-and-drop', '--retry and --drop: give one of them');
  const kept = new Quarantine(spoolFolder(readEnvironment()));
  const entries = choose(await kept.list(), ids);
  if (flags.retry === true) return retry(entries, kept, flags);
  if (flags.drop === true) for (const entry of entries) await kept.remove(entry);
  const text = ids.length > 0 ? entries.map(whole).join('\n') : entries.map(brief).join('');
  const end =
    flags.drop === true ? `dropped: ${entries.length} point(s)\n` : text || 'nothing in quarantine\n';
  process.stdout.write(flags.json === true ? `${JSON.stringify({ quarantine: entries })}\n` : end);
}

function choose(entries: readonly QuarantineEntry[], ids: readonly string[]): readonly QuarantineEntry[] {
  const stranger = ids.find((id) => !entries.some((entry) => entry.id === id));
  if (stranger !== undefined)
    throw new ConfigError(
      'no-such-entry',
      `no "${stranger}" in quarantine; "tokenrack sink quarantine" lists it`,
    );
  return ids.length === 0 ? entries : entries.filter((entry) => ids.includes(entry.id));
}

/** Back to the spool, which has them before the quarantine lets go of them; what is refused again comes back. */
async function retry(
  entries: readonly QuarantineEntry[],
  kept: Quarantine,
  flags: QuarantineFlags,
): Promise<void> {
  const environment = readEnvironment();
  await requireInfluxSettings(environment);
  await new Spool(spoolFolder(environment)).append(entries.map(({ line }) => line));
  for (const entry of entries) await kept.remove(entry);
  const flushed = await sendWaiting(flags);
  process.stdout.write(flags.json === true ? `${JSON.stringify(flushed)}\n` : describeFlushed(flushed));
  process.exitCode = EXIT_CODES[flushed.waiting + flushed.refused > 0 ? 'infra-fail' : 'pass'];
}

const BRIEF_LENGTH = 60;

function brief({ id, line, message }: QuarantineEntry): string {
  const start = line.length > BRIEF_LENGTH ? `${line.slice(0, BRIEF_LENGTH)}...` : line;
  return `${id}  ${start.replaceAll('\n', ' ')}\n${' '.repeat(14)}${message.slice(0, 200)}\n`;
}

function whole({ id, line, message, refusedAt }: QuarantineEntry): string {
  return `${id}  refused ${refusedAt}\nmessage: ${message}\nline: ${line}\n`;
}
