import { readEnvironment } from '../config/environment.js';
import type { Job } from '../farm/jobs/job.js';
import { findRack } from '../rack/find-rack.js';
import type { ScenarioDefinition } from '../scenario/session.js';
import { dispatch } from './dispatch.js';
import { type NightBoard, NightBoards } from './night-boards.js';
import type { NightOptions } from './night-file.js';
import type { NightPlace } from './night-place.js';
import { nightBoardsOf, placesOf } from './open-places.js';
import { asPlanBoard, LOCAL, placeOf } from './plan-night.js';
import type { Team } from './team.js';

export interface PlacesTeamOptions {
  readonly definitions: readonly ScenarioDefinition[];
  /** Id of the build that a job flashes. */
  readonly buildOf: (job: Job) => string | undefined;
  readonly note: (text: string) => void;
}

/** The boards of the rack: this machine's, in this process, and those of its hosts over SSH. @throws ConfigError for the rack */
export async function openPlacesTeam(
  { rack: path, boards: ids }: Pick<NightOptions, 'rack' | 'boards'>,
  { definitions, buildOf, note }: PlacesTeamOptions,
): Promise<Team> {
  const rack = await findRack(path);
  const boards = nightBoardsOf(rack, ids);
  const ending = new AbortController();
  let places: readonly NightPlace[] = [];
  let known: NightBoards | undefined;
  return {
    isElsewhere: boards.some((board) => placeOf(board) !== LOCAL),
    planBoards: boards.map(asPlanBoard),
    boardOf: (mac) => boards.find((board) => board.mac === mac),
    async run(night) {
      const { nightFolder } = night;
      places = placesOf(rack, boards, {
        definitions,
        nightFolder,
        environment: readEnvironment(),
        signal: ending.signal,
      });
      known = new NightBoards(
        places,
        (board) => note(describeBoard(board)),
        ({ name, away }) => note(away === undefined ? `${name} is back` : `${name} is away: ${away}`),
      );
      await dispatch({ ...night, boards: known, buildOf });
    },
    async summaryBoards() {
      return (known?.all ?? []).map(({ board: { id, mac }, place, status: { state, why } }) => {
        const { name, away } = place;
        if (away !== undefined) return { id, mac, place: name, state: 'away', why: away };
        return { id, mac, place: name, state, ...(why === undefined ? {} : { why }) };
      });
    },
    async [Symbol.asyncDispose]() {
      for (const place of places) await place[Symbol.asyncDispose]();
      ending.abort();
    },
  };
}

function describeBoard({ board, status: { state, why } }: NightBoard): string {
  return `${board.id} is ${state}${why === undefined ? '' : `: ${why}`}`;
}
