import type { FieldSpec, LinkSpec } from './panel.js';

export const UIDS = {
  overview: 'tokenrack-overview',
  scenario: 'tokenrack-scenario',
  formats: 'tokenrack-formats',
  rack: 'tokenrack-rack',
  live: 'tokenrack-live',
} as const;

const KEPT = '$' + '{clock:queryparam}&$' + '{suite:queryparam}&$' + '{__url_time_range}';

/** From a series of a panel that is grouped by board and scenario to that scenario on that board. */
export const SERIES_TO_SCENARIO: LinkSpec = {
  title: 'This scenario on this board',
  url: `/d/${UIDS.scenario}?var-scenario=\${__field.labels.scenario:percentencode}&var-board=\${__field.labels.board:percentencode}&${KEPT}`,
  newTab: false,
};

/** The same from a row of a table with the columns `scenario` and `board`. */
export const ROW_TO_SCENARIO: LinkSpec = {
  title: 'This scenario on this board',
  url: `/d/${UIDS.scenario}?var-scenario=\${__data.fields.scenario:percentencode}&var-board=\${__data.fields.board:percentencode}&${KEPT}`,
  newTab: false,
};

/** To the run's own report, where the row has the column `report`: a URL when the writer knows `report_base`. */
export const REPORT: LinkSpec = {
  title: 'Report of this run',
  url: '$' + '{__data.fields.report}',
  newTab: true,
};

export const REPORT_COLUMN: FieldSpec = { name: 'report', label: 'Report', link: REPORT, width: 260 };
