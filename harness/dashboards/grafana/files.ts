import { allAlerts } from '../alerts.js';
import { allDashboards } from '../all-dashboards.js';
import { alertRulesFile } from './alert-rules.js';
import { dashboardOf } from './dashboard-json.js';
import { stableJson } from './stable-json.js';

/** A file of the folder dashboards/, `path` relative to it. */
export interface BuiltFile {
  readonly path: string;
  readonly content: string;
}

/** Everything that is made and not written by hand: a JSON file a dashboard, and the alert rules. */
export function builtFiles(): readonly BuiltFile[] {
  const all = allDashboards();
  return [
    ...all.map((dashboard) => ({
      path: `grafana/${dashboard.uid.replace(/^tokenrack-/, '')}.json`,
      content: stableJson(dashboardOf(dashboard, all)),
    })),
    { path: 'provisioning/alerting/tokenrack.yaml', content: alertRulesFile(allAlerts()) },
  ];
}
