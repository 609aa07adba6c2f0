import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DrawSpec, PanelSpec } from '../panel.js';

/** A line is drawn over a night without a run, and broken over more: two nights and two hours. */
const SPANNED_GAP_MS = 50 * 3600 * 1000;

const DRAW_STYLES = {
  lines: GraphDrawStyle.Line,
  bars: GraphDrawStyle.Bars,
  points: GraphDrawStyle.Points,
} as const;

export function legendOf({ legend = 'none' }: PanelSpec): VizLegendOptionsBuilder {
  const builder = new VizLegendOptionsBuilder()
    .showLegend(legend !== 'none')
    .placement(LegendPlacement.Bottom);
  if (legend !== 'table') return builder.displayMode(LegendDisplayMode.List).calcs([]);
  return builder.displayMode(LegendDisplayMode.Table).calcs(['lastNotNull', 'median']);
}

export function tooltipOf(mode: TooltipDisplayMode): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder().mode(mode).sort(SortOrder.Descending);
}

export function stackingOf(draw: DrawSpec | undefined): StackingMode {
  return draw?.stacked ? StackingMode.Normal : StackingMode.None;
}

export function drawTimeseries(
  builder: TimeseriesBuilder,
  panel: PanelSpec,
  draw: DrawSpec = { style: 'lines' },
): TimeseriesBuilder {
  builder
    .drawStyle(DRAW_STYLES[draw.style])
    .lineInterpolation(draw.step ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .lineWidth(draw.style === 'bars' ? 0 : 2)
    .fillOpacity(draw.fillOpacity ?? 0)
    .showPoints(draw.style === 'points' ? VisibilityMode.Always : VisibilityMode.Auto)
    .pointSize(draw.style === 'points' ? 7 : 5)
    .spanNulls(SPANNED_GAP_MS)
    .stacking(new StackingConfigBuilder().mode(stackingOf(draw)).group('A'))
    .legend(legendOf(panel))
    .tooltip(tooltipOf(draw.style === 'points' ? TooltipDisplayMode.Single : TooltipDisplayMode.Multi));
  if (panel.thresholds !== undefined) builder.thresholdsStyle(dashed());
  return builder;
}

function dashed(): GraphThresholdsStyleConfigBuilder {
  return new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.DashedAndArea);
}
