import { FORMATS_AND_QUALITY } from './formats-and-quality.js';
import { LIVE_DASHBOARD } from './live.js';
import { OVERVIEW } from './overview.js';
import type { DashboardSpec } from './panel.js';
import { RACK_HEALTH } from './rack-health.js';
import { SCENARIO_DETAIL } from './scenario-detail.js';

/** Every dashboard, in the order of the menu. */
export function allDashboards(): readonly DashboardSpec[] {
  return [OVERVIEW, SCENARIO_DETAIL, FORMATS_AND_QUALITY, RACK_HEALTH, LIVE_DASHBOARD];
}
