import { OVERVIEW } from './overview.js';
import type { DashboardSpec } from './panel.js';

/** Every dashboard, in the order of the menu. */
export function allDashboards(): readonly DashboardSpec[] {
  return [OVERVIEW];
}
