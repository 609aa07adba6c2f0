import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { packageRoot } from '../../paths.js';
import { allAlerts } from '../alerts.js';
import { allDashboards } from '../all-dashboards.js';
import { builtFiles } from './files.js';
import { DATASOURCE } from './influxql-query.js';
import { stableJson } from './stable-json.js';

const FOLDER = join(packageRoot, 'dashboards');
const read = (path: string): string => readFileSync(join(FOLDER, path), 'utf8');
const yaml = (path: string) => parse(read(path));

describe('files for Grafana', () => {
  it('are committed as they are built: npm run dashboards', () => {
    for (const { path, content } of builtFiles()) expect(read(path) === content, path).to.equal(true);
  });

  it('are all there is in the folder', () => {
    const built = builtFiles().map(({ path }) => path);
    const present = readdirSync(join(FOLDER, 'grafana')).map((name) => `grafana/${name}`);
    expect(built).to.include.members(present);
  });

  it('are the same bytes however often they are built', () => {
    expect(builtFiles()).to.deep.equal(builtFiles());
  });

  it('hold every panel with its queries and its place', () => {
    for (const spec of allDashboards()) {
      const path = builtFiles().find(({ content }) => content.includes(`"uid": "${spec.uid}"`))!.path;
      const { panels } = JSON.parse(read(path));
      const held = panels.map((panel: Panel) => [
        panel.id,
        panel.gridPos,
        panel.targets.map((one) => one.query),
      ]);
      expect(held).to.deep.equal(
        spec.panels.map((panel) => [panel.id, panel.grid, panel.queries.map(({ text }) => text)]),
      );
    }
  });

  it('hold every alert with its queries', () => {
    const { rules } = yaml('provisioning/alerting/tokenrack.yaml').groups[0];
    const queries = rules.map(({ data }: { data: { model: { query?: string } }[] }) =>
      data.map((one) => one.model.query),
    );
    const expected = allAlerts().map(({ steps }) =>
      steps.map((step) => (step.kind === 'query' ? step.text : undefined)),
    );
    expect(queries).to.deep.equal(expected);
  });

  it('keep Grafana from taking an alert’s words for variables of its environment', () => {
    for (const { summary, description } of allAlerts())
      expect(summary + description).not.to.contain('$' + '{');
  });
});

describe('files for Grafana that are written by hand', () => {
  it('make the data source that dashboards and alerts name', () => {
    const { datasources } = yaml('provisioning/datasources/tokenrack.yaml');
    expect(datasources).to.have.length(1);
    expect(datasources[0]).to.include({ uid: DATASOURCE.uid, type: DATASOURCE.type });
  });

  it('offer a second data source, in comments, that is YAML and has the same uid', () => {
    const comments = read('provisioning/datasources/tokenrack.yaml').split('#\n')[1]!;
    const [other] = parse(comments.replace(/^#/gm, ''));
    expect(other).to.include({ uid: DATASOURCE.uid, type: DATASOURCE.type });
    expect(other.secureJsonData.httpHeaderValue1).to.equal('Token $INFLUX_TOKEN');
  });

  it('look for dashboards where compose puts them', () => {
    const path = yaml('provisioning/dashboards/tokenrack.yaml').providers[0].options.path;
    const { volumes, environment } = yaml('compose.yaml').services.grafana;
    expect(volumes).to.include(`./grafana:${path}:ro`);
    expect(environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).to.equal(`${path}/overview.json`);
  });

  it('give Grafana every variable that the data source names', () => {
    const { environment } = yaml('compose.yaml').services.grafana;
    const active = read('provisioning/datasources/tokenrack.yaml').replace(/^#.*$/gm, '');
    const named = [...active.matchAll(/\$(\w+)/g)].map((match) => match[1]!);
    expect(Object.keys(environment)).to.include.members(named);
  });

  it('pin images and hold no secret', () => {
    const { services } = yaml('compose.yaml');
    for (const { image } of Object.values<{ image: string }>(services))
      expect(image).to.match(/:\d+\.\d+\.\d+$/);
    const passwords = [...read('compose.yaml').matchAll(/_PASSWORD: (.*)/g)].map((match) => match[1]!);
    for (const value of passwords) expect(value).to.match(/^\$\{\w+:\?set it in \.env\}$/);
    expect(read('.env.example').match(/^\w+=.+/m)).to.equal(null);
  });
});

describe('stableJson', () => {
  it('gives the same bytes for the same value, in whatever order its keys came', () => {
    const other = stableJson({ a: [{ y: 1, x: null }], b: 1 });
    expect(stableJson({ b: 1, a: [{ x: null, y: 1 }] })).to.equal(other);
    expect(other.endsWith('}\n')).to.equal(true);
  });
});

interface Panel {
  readonly id: number;
  readonly gridPos: object;
  readonly targets: readonly { readonly query: string }[];
}
