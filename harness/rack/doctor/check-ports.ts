import { type Finding, ok, warning, wrong } from './finding.js';

/** A serial port of a USB adapter. */
export interface PortAccess {
  readonly path: string;
  readonly permitted: boolean;
  /** The group that may use it, as far as the system says. */
  readonly group?: string;
}

/** An adapter that boards come with, as the USB tree shows it. */
export interface SeenAdapter {
  /** Such as `CH340`. */
  readonly name: string;
  /** `vendor:product`. */
  readonly id: string;
  /** Whether a driver made a serial port of it. */
  readonly hasPort: boolean;
}

/** Linux's module for an adapter. */
const MODULES: Readonly<Record<string, string>> = {
  CH340: 'ch341',
  CP210x: 'cp210x',
  FTDI: 'ftdi_sio',
  PL2303: 'pl2303',
  Espressif: 'cdc_acm',
};

/** Programs that take serial ports they know nothing of, and how to keep them away. */
const GRABBERS: Readonly<Record<string, string>> = {
  ModemManager:
    'sudo systemctl disable --now ModemManager, or set ENV{ID_MM_DEVICE_IGNORE}="1" for the adapters in a udev rule',
  brltty: 'sudo apt remove brltty: it takes CH340 and CP210x adapters for braille displays',
};

export function checkPermissions(ports: readonly PortAccess[], user: string): Finding[] {
  if (ports.length === 0)
    return [ok('serial ports', 'no USB serial adapter is plugged in: virtual and remote boards only')];
  return ports.map(({ path, permitted, group }) => {
    if (permitted) return ok('serial ports', `${path} can be opened`);
    const next =
      group === undefined || group === 'root'
        ? 'give a group the right to it by a udev rule, such as SUBSYSTEM=="tty", GROUP="dialout", MODE="0660"'
        : `sudo usermod -aG ${group} ${user}, and log in again`;
    return wrong(
      'serial ports',
      `${path} belongs to ${group ?? 'somebody else'}, and ${user} may not use it`,
      next,
    );
  });
}

export function checkDrivers(adapters: readonly SeenAdapter[]): Finding[] {
  const without = adapters.filter(({ hasPort }) => !hasPort);
  if (without.length === 0) {
    const message =
      adapters.length === 0 ? 'no adapter needs one' : `all ${adapters.length} adapter(s) have one`;
    return [ok('drivers', message)];
  }
  return without.map(({ name, id }) =>
    wrong(
      'drivers',
      `a ${name} (${id}) is plugged in and has no serial port: no driver took it`,
      `sudo modprobe ${MODULES[name] ?? name}; \`dmesg\` says what became of it`,
    ),
  );
}

/** `programs`: names of the processes that run. */
export function checkGrabbers(programs: readonly string[]): Finding[] {
  const found = Object.entries(GRABBERS).filter(([name]) => programs.includes(name));
  if (found.length === 0) return [ok('other programs', 'none that is known to take serial ports')];
  return found.map(([name, next]) =>
    warning('other programs', `${name} runs, and takes serial ports for its own`, next),
  );
}

/** A board of the rack on this machine's USB, and whether its port is there now. */
export interface BoardPort {
  readonly id: string;
  readonly port: string;
  readonly found: boolean;
}

export function checkBoardPorts(boards: readonly BoardPort[]): Finding[] {
  const missing = boards.filter(({ found }) => !found);
  if (missing.length === 0) {
    const message =
      boards.length === 0
        ? 'no board of the rack is on this machine’s USB'
        : `all ${boards.length} are there`;
    return [ok("boards' ports", message)];
  }
  return missing.map(({ id, port }) =>
    wrong(
      "boards' ports",
      `${id}: there is no ${port}`,
      'plug it in, or find it again with `tokenrack rack scan --write`',
    ),
  );
}
