import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { InfraError } from '../errors.js';
import { isRfc2217Path, parseRfc2217Path, rfc2217Path } from '../link/rfc2217-url.js';
import { listUsbPorts, type UsbPort } from '../link/usb-ports.js';
import { packageRoot } from '../paths.js';
import { type Rack, readRack } from './rack-file.js';
import { schemaFile } from './rack-json-schema.js';
import type { RackBoard } from './rack-schema.js';
import { type Candidate, candidatePorts } from './scan-candidates.js';
import { editRack } from './scan-edit.js';
import { identifyPort, noBoard } from './scan-identify.js';
import { planScan, type ScannedPort, type ScanPlan } from './scan-plan.js';

export interface ScanOptions {
  /** The rack file, which need not be there yet. */
  readonly path: string;
  /** Ports to look at besides those with a known adapter and those of the file. */
  readonly named: readonly string[];
  /** For each port. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Holds a board that the file has at a port while the port is open. @throws InfraError `lease-busy` */
  hold?(board: RackBoard): Promise<AsyncDisposable>;
  /** Default: what the system lists. */
  list?(): Promise<readonly UsbPort[]>;
}

export interface Scan {
  /** As it was read; undefined when there was none. */
  readonly rack: Rack | undefined;
  readonly text: string | undefined;
  readonly plan: ScanPlan;
  /** Why the system did not list its ports. */
  readonly unlisted?: string;
}

/** Looks at all ports at once. @throws ConfigError for the rack file; what `signal` was aborted with */
export async function scanRack(options: ScanOptions): Promise<Scan> {
  const text = await readText(options.path);
  const rack = text === undefined ? undefined : await readRack(options.path);
  const { ports, unlisted } = await listPorts(options.list ?? listUsbPorts);
  const boards = (rack?.boards ?? []).filter((board) => board.rack_host === undefined);
  const candidates = candidatePorts({ listed: ports, named: options.named, boards, realPath });
  const scanned = await Promise.all(candidates.map((candidate) => scanPort(candidate, options)));
  const plan = planScan(rack?.boards ?? [], scanned);
  return { rack, text, plan, ...(unlisted === undefined ? {} : { unlisted }) };
}

async function scanPort(candidate: Candidate, options: ScanOptions): Promise<ScannedPort> {
  const { timeoutMs, signal, hold } = options;
  const { expected, path } = candidate;
  try {
    await using _held = expected === undefined ? undefined : await hold?.(expected);
    const limits = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    return { candidate, outcome: await identifyPort(path, limits) };
  } catch (error) {
    if (error instanceof InfraError) return { candidate, outcome: noBoard(error) };
    throw error;
  }
}

async function listPorts(
  list: () => Promise<readonly UsbPort[]>,
): Promise<{ readonly ports: readonly UsbPort[]; readonly unlisted?: string }> {
  try {
    return { ports: await list() };
  } catch (error) {
    return { ports: [], unlisted: error instanceof Error ? error.message : String(error) };
  }
}

function realPath(path: string): string {
  if (isRfc2217Path(path)) return serverOf(path);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** How it is to be treated does not make it another one. */
function serverOf(path: string): string {
  const { host, port } = parseRfc2217Path(path);
  return rfc2217Path(host, port);
}

/** Whether the plan changes the file. */
export function changesRack({ boards }: ScanPlan): boolean {
  return boards.some(
    (change) => change.kind === 'new' || (change.kind === 'found' && Object.keys(change.keys).length > 0),
  );
}

/**
 * Writes what a scan found, whole or not at all.
 * @throws InfraError `rack-changed` when somebody else wrote the file meanwhile
 */
export async function writeRack(path: string, { text, plan }: Scan): Promise<void> {
  if ((await readText(path)) !== text) {
    const message = `${path} was changed while the ports were looked at, and nothing was written: scan again`;
    throw new InfraError('rack-changed', message, { path });
  }
  const edited = editRack(text, plan.boards, { path, schema: schemaPath(path) });
  await replaceFile(path, edited);
}

/** Editors take the path from the file's own folder. */
function schemaPath(rackPath: string): string {
  return relative(dirname(rackPath), join(packageRoot, schemaFile)).split(sep).join('/');
}

/** A link stays one; the mode stays what it was. */
async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const draft = `${target}.${randomUUID()}`;
  try {
    await writeFile(draft, text);
    const mode = await stat(target).then(
      (old) => old.mode & 0o777,
      () => undefined,
    );
    if (mode !== undefined) await chmod(draft, mode);
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
