import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { allAlerts } from '../dashboards/alerts.js';
import { allDashboards } from '../dashboards/all-dashboards.js';
import { interpolate } from '../dashboards/interpolate.js';
import { Influxd } from '../sinks/influx/testing/influxd.js';
import { describeWithInfluxd } from '../sinks/influx/testing/influxd-tier.js';
import { schemaFields } from '../sinks/influx/testing/schema-fields.js';
import { firing } from './alert-state.js';
import { askPanel, bareColumns, type Choices, everyChoice, spanOf, unfitness, valuesOf } from './ask.js';
import { makeBaseRuns } from './base-runs.js';
import { type History, historyOf, morningOf } from './history-points.js';
import { lostBoard, silentNight } from './schedule.js';
import { failingVariant, variants } from './variants.js';

/** Whether the history has runs of the scenario and format chosen, where single ones are. */
function hasRuns({ scenario, format }: Choices): boolean {
  const one = (choice: Choices[string] | undefined) => (typeof choice === 'string' ? choice : undefined);
  return variants.some(
    ({ title, spec }) => title === (one(scenario) ?? title) && spec.format === (one(format) ?? spec.format),
  );
}

describeWithInfluxd(
  'the dashboards over 30 nights in a real influxd',
  readEnvironment().requiredTools,
  () => {
    let folder: string;
    let server: Influxd;
    let history: History;

    before(async function () {
      this.timeout(180_000);
      folder = await mkdtemp(join(tmpdir(), 'tokenrack-history-'));
      history = historyOf(await makeBaseRuns(folder), new Date('2026-11-20T00:00:00Z'));
      server = await Influxd.start();
      await server.write(history.lines);
    });
    after(async () => {
      await server?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    for (const [measurement, types] of Object.entries(schemaFields)) {
      it(`holds of ${measurement} only fields of the schema, with its types`, async () => {
        const [keys] = await server.query(`SHOW FIELD KEYS FROM "${measurement}"`);
        const names = { string: types.text, integer: types.integer, float: types.float };
        for (const [name, type] of keys!.values) {
          expect(names[type as keyof typeof names], `${name} is ${type}`).to.include(name);
        }
      });
    }

    for (const dashboard of allDashboards()) {
      describe(dashboard.title, () => {
        let choices: Choices[];
        before(async () => {
          choices = await everyChoice(server, dashboard, hasRuns);
        });

        for (const variable of dashboard.variables) {
          it(`offers values for $${variable.name}`, async () => {
            expect(await valuesOf(server, variable, choices[0]!)).not.to.deep.equal([]);
          });
        }

        for (const panel of dashboard.panels) {
          it(`has data for "${panel.title}"`, async () => {
            const bare = panel.queries.map(() => new Map<string, number>());
            for (const chosen of choices) {
              const answers = await askPanel(server, panel, spanOf(dashboard, history.now), chosen);
              for (const [index, query] of panel.queries.entries()) {
                const where = `${query.text} with ${JSON.stringify(chosen)}`;
                expect(unfitness(panel, query, answers[index]!), where).to.equal(undefined);
                for (const column of bareColumns(query, answers[index]!)) {
                  bare[index]!.set(column, (bare[index]!.get(column) ?? 0) + 1);
                }
              }
            }
            for (const counts of bare) {
              const always = [...counts].filter(([, count]) => count === choices.length);
              expect(always, 'columns that are empty whatever is chosen').to.deep.equal([]);
            }
          });
        }

        for (const annotation of dashboard.annotations) {
          it(`finds "${annotation.name}" to mark`, async () => {
            const span = spanOf(dashboard, history.now);
            // The marks are of failed runs, of which the scenario that is chosen first has none.
            const { title, spec } = failingVariant;
            const variables = { ...choices[0]!, scenario: title, format: spec.format! };
            const text = interpolate(annotation.query, { ...span, interval: '1h', variables });
            const [series] = await server.query(text);
            expect(series?.columns).to.include.members([annotation.textColumn, ...annotation.tagsColumns]);
          });
        }
      });
    }

    const cases: Readonly<Record<string, { fires: number; says: RegExp; rests: number }>> = {
      'tokenrack-nightly-failed': { fires: 15, says: /board=cam-2/, rests: 18 },
      'tokenrack-nightly-silent': { fires: silentNight, says: /clock=modelled/, rests: silentNight - 1 },
      'tokenrack-board-lost': {
        fires: lostBoard.nights[1],
        says: /board=cam-5/,
        rests: lostBoard.nights[0] - 1,
      },
      'tokenrack-board-failing': { fires: 8, says: /board=cam-3/, rests: 15 },
    };

    for (const rule of allAlerts()) {
      it(`fires "${rule.title}" the morning after what it is for, and not after a night without`, async () => {
        const { fires, says, rests } = cases[rule.uid]!;
        const labels = await firing(server, rule, morningOf(history, fires));
        expect(labels, `night ${fires}`).to.have.lengthOf.at.least(1);
        expect(labels.join('; ')).to.match(says);
        expect(await firing(server, rule, morningOf(history, rests)), `night ${rests}`).to.deep.equal([]);
      });
    }
  },
);
