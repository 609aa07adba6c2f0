import { join } from 'node:path';
import { compileC, compilerVersion } from '../build/compile-wasm.js';
import { type Environment, readEnvironment, unknownVariables, VARIABLES } from '../config/environment.js';
import { whyNoFolder } from '../config/no-folder.js';
import { ConfigError, toTokenrackError } from '../errors.js';
import { connectSsh } from '../farm/ssh/connect-ssh.js';
import { readHostKeys } from '../farm/ssh/host-key.js';
import { sshCommand } from '../farm/ssh/ssh-command.js';
import { listLeases } from '../lease/list.js';
import { packageRoot } from '../paths.js';
import { boardFolder } from '../rack/board-folder.js';
import { checkFolders, checkVariables, type FolderFacts } from '../rack/doctor/check-environment.js';
import { type BoardHealth, checkHealth } from '../rack/doctor/check-health.js';
import { checkLeases } from '../rack/doctor/check-leases.js';
import { checkClock, checkDisk, checkMachineFolder, checkNode } from '../rack/doctor/check-machine.js';
import {
  checkBoardPorts,
  checkDrivers,
  checkGrabbers,
  checkPermissions,
} from '../rack/doctor/check-ports.js';
import {
  checkCompiler,
  checkHosts,
  checkInflux,
  checkRackFile,
  type HostFacts,
  type InfluxFacts,
} from '../rack/doctor/check-services.js';
import { type Finding, wrong } from '../rack/doctor/finding.js';
import {
  boardPorts,
  clockFacts,
  diskSpace,
  folderFacts,
  machineFolderFacts,
  neededNode,
  portAccesses,
  runningPrograms,
  seenAdapters,
  userName,
} from '../rack/doctor/machine-facts.js';
import { findRack } from '../rack/find-rack.js';
import { readHealth } from '../rack/health-file.js';
import type { RackHost } from '../rack/host-schema.js';
import type { Rack, RackBoard } from '../rack/rack-file.js';
import { EXIT_CODES } from '../results/verdict.js';
import { InfluxClient } from '../sinks/influx/client.js';
import { readInfluxSettings } from '../sinks/influx/config.js';
import { nameOf } from '../sinks/influx/destination.js';
import { spoolFolder } from '../sinks/influx/open-sink.js';
import { Spool } from '../sinks/influx/spool.js';
import { Quarantine } from '../sinks/influx/spool-quarantine.js';
import { colorsFor } from './colors.js';
import { checkModels } from './doctor-models.js';
import { interruptSignal } from './exit.js';

export interface DoctorFlags {
  readonly rack?: string;
  readonly hosts?: boolean;
  readonly json?: boolean;
}

/** Prints what was found; an infra-fail when something would keep runs from working. */
export async function diagnose(flags: DoctorFlags): Promise<void> {
  const environment = readEnvironment();
  const rack = await findRack(flags.rack).catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  const findings = [
    ...(await lookAtMachine(environment, rack)),
    ...(await lookAtServices(environment)),
    ...(rack instanceof ConfigError ? [] : checkHosts(await hostFacts(rack.hosts, flags.hosts === true))),
  ];
  process.stdout.write(flags.json === true ? `${JSON.stringify({ findings })}\n` : describe(findings));
  const isWrong = findings.some(({ state }) => state === 'wrong');
  process.exitCode = EXIT_CODES[isWrong ? 'infra-fail' : 'pass'];
}

async function lookAtMachine(environment: Environment, rack: Rack | ConfigError): Promise<Finding[]> {
  const { stateFolder, runsFolder, machineFolder } = environment;
  const boards = rack instanceof ConfigError ? [] : rack.boards;
  const own = boards.filter((board) => board.rack_host === undefined);
  const isReal = own.some((board) => board.link !== 'virtual');
  return [
    checkNode(process.version, await neededNode(join(packageRoot, 'package.json'))),
    checkRackFile(rackFacts(rack)),
    ...checkPermissions(await portAccesses(), userName()),
    ...checkDrivers(await seenAdapters()),
    ...checkGrabbers(await runningPrograms()),
    ...checkBoardPorts(await boardPorts({ boards })),
    ...checkVariables(unknownVariables(), VARIABLES),
    ...checkFolders(await ownFolders(environment)),
    checkModels(environment),
    ...(await orTrouble('leases', async () =>
      checkLeases([...(await listLeases(stateFolder)), ...(await listLeases(machineFolder))]),
    )),
    ...(await orTrouble('health', async () => checkHealth(await healthOf(own, environment)))),
    ...checkClock(await clockFacts(join(packageRoot, 'dist'))),
    ...(await orTrouble('disk', async () =>
      checkDisk([await diskSpace('state', stateFolder), await diskSpace('runs', runsFolder)]),
    )),
    ...(await orTrouble('machine folder', async () => [
      checkMachineFolder(await machineFolderFacts(machineFolder, isReal)),
    ])),
  ];
}

function ownFolders({ stateFolder, machineFolder, runsFolder }: Environment): Promise<FolderFacts[]> {
  return Promise.all([
    ownFolder('TOKENRACK_STATE', stateFolder),
    ownFolder('TOKENRACK_MACHINE', machineFolder),
    ownFolder('TOKENRACK_RUNS', runsFolder),
  ]);
}

async function ownFolder(variable: string, path: string): Promise<FolderFacts> {
  const facts = await folderFacts(variable, path);
  const trouble = facts.trouble ?? (await whyNoFolder(path));
  return trouble === undefined ? facts : { ...facts, trouble };
}

function healthOf(boards: readonly RackBoard[], environment: Environment): Promise<BoardHealth[]> {
  return Promise.all(
    boards.map(async (board) => ({
      id: board.id,
      health: await readHealth(boardFolder(board, environment)),
    })),
  );
}

/** What cannot be looked at for the machine's own trouble, such as a folder that is none, is a finding too. */
async function orTrouble(
  check: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const known = toTokenrackError(error);
    if (known === undefined) throw error;
    return [wrong(check, `cannot be looked at: ${known.message}`, 'mend that first, and ask again')];
  }
}

function rackFacts(rack: Rack | ConfigError): Parameters<typeof checkRackFile>[0] {
  if (rack instanceof ConfigError) return { error: rack.message };
  const { path, boards } = rack;
  return { path, boards: boards.length, packaged: path.startsWith(join(packageRoot, 'fixtures')) };
}

async function lookAtServices(environment: Environment): Promise<Finding[]> {
  return [
    checkCompiler(await tryCompiler()),
    ...(await orTrouble('InfluxDB', async () => checkInflux(await influxFacts(environment), Date.now()))),
  ];
}

/** One empty function: that the compiler loads and links, not that the firmware is right. */
async function tryCompiler(): Promise<Parameters<typeof checkCompiler>[0]> {
  const flags = ['--target=wasm32', '-nostdlib', '-Wl,--no-entry', '-Wl,--export=probe'];
  try {
    await compileC(
      [{ path: 'probe.c', text: 'int probe(void) { return 1; }\n' }],
      flags,
      'an empty function',
    );
    return { version: compilerVersion() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const PING_TIMEOUT_MS = 5000;

async function influxFacts(environment: Environment): Promise<InfluxFacts> {
  const folder = spoolFolder(environment);
  const { waiting, oldest, damaged } = await new Spool(folder).status();
  const spool = {
    waiting,
    damaged: damaged.length,
    quarantined: await new Quarantine(folder).count(),
    ...(oldest === undefined ? {} : { oldestMs: oldest }),
  };
  try {
    const settings = await readInfluxSettings(environment.influx);
    if (settings === undefined) return spool;
    using client = new InfluxClient(settings.destination);
    const { version } = await client.ping(PING_TIMEOUT_MS);
    const server = { name: nameOf(settings.destination), ...(version === undefined ? {} : { version }) };
    return { ...spool, server };
  } catch (error) {
    if (error instanceof ConfigError) return { ...spool, error: error.message };
    throw error;
  }
}

async function hostFacts(hosts: readonly RackHost[], connect: boolean): Promise<HostFacts[]> {
  const signal = interruptSignal();
  return Promise.all(hosts.map((host) => oneHost(host, connect, signal)));
}

async function oneHost(host: RackHost, connect: boolean, signal: AbortSignal): Promise<HostFacts> {
  const { id, address, port } = host;
  const to = { id, address, port, ssh: sshCommand(host) };
  try {
    const { known } = await readHostKeys(address, port, host.known_hosts);
    const facts = { ...to, knownKeys: known.length };
    if (!connect) return facts;
    await (await connectSsh(host, { signal })).close();
    return { ...facts, answered: true };
  } catch (error) {
    const told = toTokenrackError(error);
    if (told === undefined || signal.aborted) throw error;
    return { ...to, knownKeys: 0, error: told.message };
  }
}

/** A line a finding, and one for what to do next. */
function describe(findings: readonly Finding[]): string {
  const colors = colorsFor(process.stdout);
  const marks = {
    ok: colors.green('ok     '),
    warning: colors.yellow('warning'),
    wrong: colors.red('wrong  '),
  };
  const lines = findings.flatMap(({ check, state, message, next }) => [
    `${marks[state]}  ${check}: ${message}`,
    ...(next === undefined ? [] : [`         -> ${next}`]),
  ]);
  const count = (wanted: Finding['state']): number => findings.filter(({ state }) => state === wanted).length;
  return `${lines.join('\n')}\n${count('wrong')} wrong, ${count('warning')} warning(s)\n`;
}
