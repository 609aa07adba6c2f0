import type { DashboardData } from '../dashboards/draw-dashboard.js';
import { colorOf } from '../dashboards/draw-theme.js';
import { interpolate, type VariableValue } from '../dashboards/interpolate.js';
import type { DashboardSpec } from '../dashboards/panel.js';
import { type Asked, askPanel, type Choices, panelSpan, type Span, spanOf } from './ask.js';

const provenance = 'Clock: modelled. Simulated nights out of real runs of the virtual rack.';

/** What a server answers to everything that a dashboard asks at `now`. */
export async function pictureData(
  server: Asked,
  dashboard: DashboardSpec,
  now: number,
  choices: Choices,
): Promise<DashboardData> {
  const span = spanOf(dashboard, now);
  const answers: DashboardData['answers'] = new Map(
    await Promise.all(
      dashboard.panels.map(
        async (panel) => [panel.id, await askPanel(server, panel, span, choices)] as const,
      ),
    ),
  );
  return {
    span,
    choices: dashboard.variables.map(({ name, label }) => ({ label, text: shown(choices[name]!) })),
    answers,
    marks: await marksOf(server, dashboard, span, choices),
    panelSpans: new Map(dashboard.panels.map((panel) => [panel.id, panelSpan(panel, span)])),
    provenance,
  };
}

function shown(value: VariableValue): string {
  if (typeof value === 'string') return value;
  return 'raw' in value ? 'All' : value.join(' + ');
}

async function marksOf(
  server: Asked,
  dashboard: DashboardSpec,
  span: Span,
  choices: Choices,
): Promise<DashboardData['marks']> {
  const marks: { at: number; color: string }[] = [];
  for (const { query, color } of dashboard.annotations) {
    const answer = await server.query(interpolate(query, { ...span, interval: '1h', variables: choices }));
    const times = answer.flatMap(({ values }) =>
      values.map(([time]) => Number(BigInt(String(time)) / 1_000_000n)),
    );
    marks.push(...times.map((at) => ({ at, color: colorOf(color) })));
  }
  return marks;
}
