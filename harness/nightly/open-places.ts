import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../config/environment.js';
import { openRemotePlace } from '../farm/ssh/remote-place.js';
import { type Rack, type RackBoard, selectBoards } from '../rack/rack-file.js';
import type { ScenarioDefinition } from '../scenario/session.js';
import { openLocalPlace } from './local-place.js';
import { NightPlace } from './night-place.js';
import { LOCAL, placeOf } from './plan-night.js';

export interface PlacesOptions {
  readonly definitions: readonly ScenarioDefinition[];
  readonly nightFolder: string;
  readonly environment: Pick<Environment, 'stateFolder' | 'machineFolder' | 'times'>;
  /** Ends the connections to hosts; what runs there goes on. */
  readonly signal: AbortSignal;
}

/** The boards of a night: those named, or all of the rack. @throws ConfigError `unknown-board` */
export function nightBoardsOf(rack: Rack, ids: readonly string[]): readonly RackBoard[] {
  return ids.length === 0 ? rack.boards : selectBoards(rack, ids);
}

/** This machine, and every host of the rack that has boards of the night. Hosts are connected to when they are first asked. */
export function placesOf(rack: Rack, boards: readonly RackBoard[], options: PlacesOptions): NightPlace[] {
  const { definitions, nightFolder, environment, signal } = options;
  const of = (name: string): RackBoard[] => boards.filter((board) => placeOf(board) === name);
  const local = of(LOCAL);
  const { stateFolder, machineFolder, times } = environment;
  const { hostAwayMs } = times;
  const triesFolder = join(nightFolder, 'tries');
  const here = { boards: local, definitions, stateFolder, machineFolder, triesFolder, machine: hostname() };
  const places = rack.hosts.map((host) => {
    const own = of(host.id);
    const blobsFolder = join(stateFolder, 'blobs');
    const open = () =>
      openRemotePlace(host, own, {
        signal,
        blobsFolder,
        ...(hostAwayMs === undefined ? {} : { giveUpAfterMs: hostAwayMs }),
      });
    return new NightPlace({ name: host.id, boards: own, open, waitsInLine: false });
  });
  const first = new NightPlace({
    name: LOCAL,
    boards: local,
    open: async () => openLocalPlace(here),
    waitsInLine: true,
  });
  return [first, ...places].filter((place) => place.boards.length > 0);
}
