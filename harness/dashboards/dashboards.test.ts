import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { MEASUREMENT_NAMES } from '../results/measurement-catalogue.js';
import { allAlerts } from './alerts.js';
import { allDashboards } from './all-dashboards.js';
import { variablesOf } from './interpolate.js';
import { UIDS } from './links.js';
import type { AlertSpec, DashboardSpec, PanelSpec } from './panel.js';
import { queryNames } from './testing/query-names.js';
import { parseSchemaPage } from './testing/schema-page.js';

const PAGE = readFileSync(join(packageRoot, 'dashboards', 'SCHEMA.md'), 'utf8');
const SCHEMA = parseSchemaPage(PAGE, MEASUREMENT_NAMES);

const panelQueries = allDashboards().flatMap((dashboard) =>
  dashboard.panels.flatMap((panel) =>
    panel.queries.map((query) => ({ where: `${dashboard.uid}/${panel.title}`, text: query.text })),
  ),
);
const otherQueries = allDashboards().flatMap(({ uid, variables, annotations }) =>
  [...variables, ...annotations].map(({ name, query }) => ({ where: `${uid}/${name}`, text: query })),
);
const alertQueries = allAlerts().flatMap(({ title, steps }) =>
  steps.flatMap((step) => (step.kind === 'query' ? [{ where: title, text: step.text }] : [])),
);
const everyQuery = [...panelQueries, ...otherQueries, ...alertQueries];

describe('what the schema page has', () => {
  it('is read from it', () => {
    expect([...SCHEMA.keys()]).to.deep.equal(['run', 'generation', 'quality', 'board', 'live', 'probe']);
    expect([...SCHEMA.get('board')!.tags]).to.include.members([
      'board',
      'clock',
      'chip_rev',
      'arm',
      'attempt',
    ]);
    expect([...SCHEMA.get('run')!.fields]).to.include.members([
      'verdict',
      'failed_other',
      'sd_bytes_per_token',
    ]);
    expect([...SCHEMA.get('run')!.fields]).not.to.include.members(['pass', 'report_base']);
    expect([...SCHEMA.get('generation')!.fields]).to.include.members(['stage_head', 'tokens_equal', 'build']);
    expect([...SCHEMA.get('live')!.tags]).to.deep.equal(['board', 'scenario']);
    expect([...SCHEMA.get('live')!.fields]).to.deep.equal(['state', 'tokens', 'token_rate']);
  });
});

describe('queries', () => {
  it('name only measurements, tags and fields of the schema page', () => {
    expect(everyQuery.flatMap(unknownNames)).to.deep.equal([]);
  });

  it('group by and match tags only: fields cannot be', () => {
    expect(everyQuery.flatMap(fieldsAsTags)).to.deep.equal([]);
  });

  it('say which clock they want, but for what has none', () => {
    const silent = everyQuery.filter(
      ({ text }) => !/FROM "live"|"clock" = '\$clock'|GROUP BY .*"clock"|KEY = "clock"/.test(text),
    );
    expect(silent).to.deep.equal([]);
  });

  it('look at the dashboard’s time range', () => {
    const all = [...panelQueries, ...alertQueries].filter(({ text }) => !text.includes('$timeFilter'));
    expect(all).to.deep.equal([]);
  });
});

describe('dashboards', () => {
  for (const dashboard of allDashboards()) {
    describe(dashboard.title, () => {
      it('has panels that say what they are, each with an id of its own', () => {
        expect(repeated(dashboard.panels.map(({ id }) => id))).to.deep.equal([]);
        for (const panel of dashboard.panels) expectDescribed(panel);
      });

      it('lays its panels on the grid without overlap', () => {
        expect(dashboard.panels.filter(({ grid }) => grid.x + grid.w > 24)).to.deep.equal([]);
        expect(overlapping(dashboard.panels)).to.deep.equal([]);
      });

      it('names only columns that a panel’s queries give', () => {
        expect(dashboard.panels.flatMap(unknownColumns)).to.deep.equal([]);
      });

      it('uses only variables that it has, and each variable only those before it', () => {
        expect(unknownVariables(dashboard)).to.deep.equal([]);
      });
    });
  }

  it('have uids of their own', () => {
    expect(repeated(allDashboards().map(({ uid }) => uid))).to.deep.equal([]);
  });

  it('tell models apart where the overview sums up speeds: several may be chosen', () => {
    const speeds = panelQueries.filter(
      ({ where, text }) => where.startsWith(UIDS.overview) && /median\("decode_rate"\)/.test(text),
    );
    expect(speeds).to.have.length(2);
    expect(speeds.filter(({ text }) => !/GROUP BY .*"model"/.test(text))).to.deep.equal([]);
  });

  it('never choose two clocks at once', () => {
    const clocks = allDashboards().flatMap(({ variables }) =>
      variables.filter(({ name }) => name === 'clock'),
    );
    expect(clocks.filter(({ multi }) => multi)).to.deep.equal([]);
    expect(clocks).to.have.length(4);
  });
});

describe('alerts', () => {
  it('have uids of their own, and say what to do next', () => {
    expect(repeated(allAlerts().map(({ uid }) => uid))).to.deep.equal([]);
    for (const { title, description } of allAlerts()) expect(description.length, title).to.be.above(80);
  });

  it('refer to steps before them, and end in their condition', () => {
    for (const alert of allAlerts()) expectSound(alert);
  });

  it('lead to a panel that exists', () => {
    const panels = allDashboards().flatMap(({ uid, panels }) => panels.map(({ id }) => `${uid}/${id}`));
    for (const { panel } of allAlerts()) expect(panels).to.include(`${panel.dashboard}/${panel.id}`);
  });

  it('name only labels that their queries group by', () => {
    for (const { steps, summary, description, title } of allAlerts()) {
      const labels = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map((match) => match[1]!);
      const text = steps.flatMap((step) => (step.kind === 'query' ? [step.text] : []));
      for (const one of text) expect(queryNames(one).asTags, title).to.include.members(labels);
    }
  });
});

interface Located {
  readonly where: string;
  readonly text: string;
}

function unknownNames({ where, text }: Located): string[] {
  const { measurements, used } = queryNames(text);
  if (measurements.length === 0) return [`${where}: no measurement`];
  const schemas = measurements.map((name) => SCHEMA.get(name));
  const known = (name: string): boolean =>
    schemas.every((schema) => schema !== undefined && (schema.tags.has(name) || schema.fields.has(name)));
  return used.filter((name) => !known(name)).map((name) => `${where}: ${name}`);
}

function fieldsAsTags({ where, text }: Located): string[] {
  const { measurements, asTags } = queryNames(text);
  const tags = SCHEMA.get(measurements[0] ?? '')?.tags ?? new Set();
  return asTags.filter((name) => !tags.has(name)).map((name) => `${where}: ${name}`);
}

function expectDescribed(panel: PanelSpec): void {
  expect(panel.description.length, panel.title).to.be.above(30);
  expect(panel.unit, panel.title).not.to.equal('');
  expect(panel.noValue, panel.title).not.to.equal('');
  expect(panel.queries, panel.title).not.to.deep.equal([]);
  expect(repeated(panel.queries.map(({ refId }) => refId)), panel.title).to.deep.equal([]);
}

function overlapping(panels: readonly PanelSpec[]): string[] {
  return panels.flatMap((a, index) =>
    panels
      .slice(index + 1)
      .filter(
        (b) => meet(a.grid.x, a.grid.w, b.grid.x, b.grid.w) && meet(a.grid.y, a.grid.h, b.grid.y, b.grid.h),
      )
      .map((b) => `${a.title} and ${b.title}`),
  );
}

function meet(start: number, length: number, other: number, otherLength: number): boolean {
  return start < other + otherLength && other < start + length;
}

/** Names of columns, of tags in aliases, and of fields in links. */
function unknownColumns(panel: PanelSpec): string[] {
  const given = new Set(['Time', ...panel.queries.flatMap(({ text }) => queryNames(text).columns)]);
  const medians = panel.groupBy?.medians.map((name) => `${name} (median)`) ?? [];
  const named = [
    ...(panel.fields ?? []).map(({ name }) => name).filter((name) => !medians.includes(name)),
    ...(panel.groupBy ? [panel.groupBy.by, ...panel.groupBy.medians] : []),
    ...(panel.partitionBy ?? []),
    ...[panel.xField, panel.yField].filter((name) => name !== undefined),
    ...panel.queries.flatMap(({ alias = '' }) =>
      [...alias.matchAll(/\$tag_(\w+)/g)].map((match) => match[1]!),
    ),
    ...linkedFields(panel),
  ];
  return named.filter((name) => !given.has(name)).map((name) => `${panel.title}: ${name}`);
}

function linkedFields({ fields = [], links = [] }: PanelSpec): readonly string[] {
  const urls = [...links, ...fields.flatMap(({ link }) => link ?? [])].map(({ url }) => url);
  return urls.flatMap((url) =>
    [...url.matchAll(/\$\{__(?:data\.fields|field\.labels)\.(\w+)/g)].map((match) => match[1]!),
  );
}

function unknownVariables({ variables, annotations, panels }: DashboardSpec): string[] {
  const names = variables.map(({ name }) => name);
  const ofPanels = [
    ...panels.flatMap(({ queries }) => queries.map(({ text }) => text)),
    ...annotations.map(({ query }) => query),
  ];
  const late = variables.flatMap(({ query }, index) =>
    variablesOf(query).filter((name) => !names.slice(0, index).includes(name)),
  );
  return [...ofPanels.flatMap(variablesOf).filter((name) => !names.includes(name)), ...late];
}

function expectSound({ title, steps, condition }: AlertSpec): void {
  const seen: string[] = [];
  for (const step of steps) {
    const uses =
      step.kind === 'query'
        ? []
        : 'of' in step
          ? [step.of]
          : [...step.expression.matchAll(/\$(\w)/g)].map((m) => m[1]!);
    expect(seen, `${title}, step ${step.refId}`).to.include.members(uses);
    seen.push(step.refId);
  }
  expect(condition, title).to.equal(seen.at(-1));
}

function repeated<T>(values: readonly T[]): T[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
