import { allDashboards } from '../dashboards/all-dashboards.js';
import { drawDashboard } from '../dashboards/draw-dashboard.js';
import type { DashboardSpec } from '../dashboards/panel.js';
import type { Influxd } from '../sinks/influx/testing/influxd.js';
import { type Choices, defaultChoices } from './ask.js';
import { historyOf } from './history-points.js';
import { pictureData } from './picture-data.js';
import { readRecordedRuns } from './recorded-runs.js';
import { boards } from './schedule.js';

/** The pictures' own last night; any day would do. */
const lastNight = new Date('2026-11-20T00:00:00Z');

/** Where a picture chooses: boards of one card mode, whose speeds are one group instead of two. */
const chosen: Readonly<Record<string, Choices>> = {
  'tokenrack-scenario': { board: boards.filter(({ from }) => from === 'cam-2').map(({ id }) => id) },
};

export interface Picture {
  /** Such as `overview.svg`. */
  readonly name: string;
  readonly svg: string;
}

/** Writes the seeded history of the recorded runs to an empty server and draws every dashboard from what it answers. */
export async function makePictures(server: Influxd): Promise<Picture[]> {
  const { lines, now } = historyOf(await readRecordedRuns(), lastNight);
  await server.write(lines);
  const pictures: Picture[] = [];
  for (const dashboard of allDashboards()) {
    const choices = { ...(await defaultChoices(server, dashboard)), ...chosen[dashboard.uid] };
    const svg = drawDashboard(dashboard, await pictureData(server, dashboard, now, choices));
    pictures.push({ name: nameOf(dashboard), svg });
  }
  return pictures;
}

function nameOf({ uid }: DashboardSpec): string {
  return `${uid.replace('tokenrack-', '')}.svg`;
}
