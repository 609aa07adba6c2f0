import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { allAlerts } from '../dashboards/alerts.js';
import { tableOf } from '../dashboards/draw-frames.js';
import { SPEED_CHANGE } from '../dashboards/overview-tables.js';
import { BOARD_TABLE } from '../dashboards/rack-tables.js';
import type { RunResult } from '../results/result.js';
import { toLine } from '../sinks/influx/line-protocol.js';
import { pointsOf } from '../sinks/influx/points.js';
import { Influxd } from '../sinks/influx/testing/influxd.js';
import { describeWithInfluxd } from '../sinks/influx/testing/influxd-tier.js';
import { firing } from './alert-state.js';
import { type Asked, askPanel } from './ask.js';
import type { BaseRuns } from './base-runs.js';
import { historyOf, morningOf } from './history-points.js';
import { readRecordedRuns } from './recorded-runs.js';
import { restamp } from './restamp.js';
import { boards, nights } from './schedule.js';

const lastNight = new Date('2026-11-20T00:00:00Z');
const dead = boards[3]!;

describeWithInfluxd('alerts and tables over nights that went wrong', readEnvironment().requiredTools, () => {
  let server: Influxd;
  let base: BaseRuns;
  let results: readonly RunResult[];
  let now: number;

  before(async () => {
    base = await readRecordedRuns();
    ({ results, now } = historyOf(base, lastNight));
    server = await Influxd.start();
  });
  after(() => server?.[Symbol.asyncDispose]());

  /** A database of its own for one story. */
  async function tell(database: string, story: readonly RunResult[]): Promise<Asked> {
    await server.query(`CREATE DATABASE "${database}"`);
    await server.write(story.flatMap((result) => pointsOf(result)).map(toLine), database);
    return { query: (influxql) => server.query(influxql, database) };
  }

  /** What fires on the morning after a night, by the rule's uid. */
  async function fires(asked: Asked, night: number): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const rule of allAlerts()) {
      const labels = await firing(asked, rule, morningOf({ now }, night));
      if (labels.length > 0) found[rule.uid.replace('tokenrack-', '')] = labels;
    }
    return found;
  }

  /** The history in which every run of the dead board from a night on is a real run of an unreachable board. */
  function deadFrom(night: number): RunResult[] {
    const from = morningOf({ now }, night - 1);
    return results.map((result) => {
      const isDead = result.boards[0]!.id === dead.id && Date.parse(result.run.startedAt) > from;
      return isDead ? unreachable(result) : result;
    });
  }

  function unreachable({ run, build }: RunResult): RunResult {
    const lost = base.failing['lost-board'];
    return restamp(lost, {
      from: lost.boards[0]!.id,
      board: dead,
      startedAt: new Date(run.startedAt),
      runId: run.id,
      title: run.title!,
      build: build.id!,
      tornLines: 0,
      slowDown: () => 1,
    });
  }

  const cam4 = [`board=${dead.id} clock=modelled`];

  it('call a board that is dead for six nights lost and failing, and rest before it died', async () => {
    const asked = await tell('six-nights', deadFrom(nights - 5));
    expect(await fires(asked, nights))
      .to.include({})
      .and.to.deep.include({
        'board-lost': cam4,
        'board-failing': cam4,
      });
    expect(await fires(asked, nights - 7)).to.deep.equal({});
  });

  it('call a board failing that was bad from its first day, which was never there to be lost', async () => {
    const firstDay = deadFrom(1);
    const found = await fires(await tell('first-day', firstDay), nights - 7);
    expect(found['board-failing']).to.deep.equal(cam4);
    expect(found).not.to.have.property('board-lost');
  });

  it('tell which scenario of the nightly is silent while others run', async () => {
    const until = morningOf({ now }, nights - 10);
    const stopped = results.filter(
      ({ run }) => run.title !== 'first light' || Date.parse(run.startedAt) < until,
    );
    const asked = await tell('scenario-stops', stopped);
    expect(await fires(asked, nights - 9)).to.deep.equal({
      'nightly-silent': ['clock=modelled scenario=first light'],
    });
    expect(await fires(asked, nights - 10)).to.deep.equal({});
  });

  const span = { from: Date.parse('2026-10-20T00:00:00Z'), to: Date.parse('2026-11-21T00:00:00Z') };
  const everything = Object.fromEntries(
    ['suite', 'model', 'scenario', 'format', 'strategy', 'board'].map((name) => [name, { raw: '.*' }]),
  );
  const choices = { ...everything, clock: 'modelled' };

  async function column(asked: Asked, panel: typeof BOARD_TABLE, name: string): Promise<unknown[]> {
    const grid = { x: 0, y: 0, w: 12, h: 8 };
    const [answer] = await askPanel(asked, { ...panel, grid }, span, choices);
    const { columns, rows } = tableOf(answer!);
    return rows.map((row) => row[columns.indexOf(name)]);
  }

  it('give a board one row, though its chip was not read while it was dead', async () => {
    const asked = await tell('one-row', deadFrom(nights - 5));
    const named = await column(asked, BOARD_TABLE, 'board');
    expect(named.toSorted()).to.deep.equal(boards.map(({ id }) => id));
  });

  it('give each model its own speed', async () => {
    const slower = results.map((result) => ({ ...result, model: { ...result.model, name: 'other' } }));
    const asked = await tell('two-models', [...results.slice(0, 200), ...slower.slice(200)]);
    expect(new Set(await column(asked, SPEED_CHANGE, 'model'))).to.have.property('size', 2);
  });
});
