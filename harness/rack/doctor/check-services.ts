import { type Finding, ok, warning, wrong } from './finding.js';

/** The rack file, or why it is none. */
export type RackFacts =
  | { readonly path: string; readonly boards: number; readonly packaged: boolean }
  | { readonly error: string };

export function checkRackFile(facts: RackFacts): Finding {
  if ('error' in facts)
    return wrong('rack file', facts.error, 'mend it there; `tokenrack rack schema` is for editors');
  const { path, boards, packaged } = facts;
  const which = packaged ? 'the packaged virtual rack, since there is no rack.yaml here' : path;
  return ok('rack file', `${which}: ${boards} board(s)`);
}

/** `error`: what the compiler said; absent: it works. */
export function checkCompiler({
  error,
  version,
}: {
  readonly error?: string;
  readonly version?: string;
}): Finding {
  if (error === undefined) return ok('firmware compiler', `works (clang ${version})`);
  return wrong('firmware compiler', error, 'run `npm ci` again: it comes with the package @yowasp/clang');
}

export interface InfluxFacts {
  /** What is wrong with the settings. */
  readonly error?: string;
  /** Absent when none is configured. */
  readonly server?: { readonly name: string; readonly version?: string };
  readonly waiting: number;
  /** When the oldest point that waits was written, in milliseconds since 1970. */
  readonly oldestMs?: number;
  readonly damaged: number;
  readonly quarantined: number;
}

/** Longer than a server that is only restarted keeps points waiting. */
const BACKLOG_MS = 3_600_000;

export function checkInflux(facts: InfluxFacts, nowMs: number): Finding[] {
  return [checkServer(facts), ...checkSpool(facts, nowMs)];
}

function checkServer({ error, server }: InfluxFacts): Finding {
  if (error !== undefined)
    return wrong('InfluxDB', error, 'correct TOKENRACK_INFLUX_... or the file that it names');
  if (server === undefined) return ok('InfluxDB', 'none configured: results stay in their run folders');
  const { name, version } = server;
  if (version !== undefined) return ok('InfluxDB', `${name} answers (${version})`);
  const next = 'start it, or check address and network; points wait in the spool meanwhile';
  return warning('InfluxDB', `${name} does not answer`, next);
}

function checkSpool({ waiting, oldestMs, damaged, quarantined }: InfluxFacts, nowMs: number): Finding[] {
  const old = oldestMs !== undefined && nowMs - oldestMs > BACKLOG_MS;
  const told = [
    ...(waiting > 0 && old
      ? [
          warning(
            'spool',
            `${waiting} point(s) wait, the oldest since ${new Date(oldestMs).toISOString()}`,
            'tokenrack sink flush',
          ),
        ]
      : []),
    ...(damaged > 0
      ? [
          warning(
            'spool',
            `${damaged} file(s) of points are damaged`,
            'tokenrack backfill sends their runs again',
          ),
        ]
      : []),
    ...(quarantined > 0
      ? [
          warning(
            'spool',
            `the server refused ${quarantined} point(s)`,
            'tokenrack sink quarantine shows them',
          ),
        ]
      : []),
  ];
  return told.length > 0 ? told : [ok('spool', waiting === 0 ? 'nothing waits' : `${waiting} point(s) wait`)];
}

export interface HostFacts {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** The command line that goes there as the harness does. */
  readonly ssh: string;
  /** How many of its keys the known_hosts files have. */
  readonly knownKeys: number;
  /** What was wrong when it was connected to; absent: nothing, or nobody tried. */
  readonly error?: string;
  readonly answered?: boolean;
}

export function checkHosts(hosts: readonly HostFacts[]): Finding[] {
  if (hosts.length === 0) return [ok('rack hosts', 'the rack has none')];
  return hosts.map(({ id, address, port, ssh, knownKeys, error, answered }) => {
    if (error !== undefined) return wrong('rack hosts', error, `\`${ssh}\` says more`);
    if (knownKeys === 0)
      return wrong(
        'rack hosts',
        `${id}: no key of ${address} is known, so nothing connects to it`,
        `compare what \`ssh-keyscan${port === 22 ? '' : ` -p ${port}`} ${address} | ssh-keygen -lf -\` shows with the machine itself, and add its line to ~/.ssh/known_hosts`,
      );
    return ok('rack hosts', `${id}: ${knownKeys} known key(s)${answered === true ? ', and it answers' : ''}`);
  });
}
