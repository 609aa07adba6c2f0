import type { ValidationReport } from '../validation-report.js';
import { errorTable, promptTable, provenance, textCards } from './detail-tables.js';
import { KINDS, kindOf, markSvg } from './mark.js';
import { escaped } from './markup.js';
import { type Plot, plotSvg } from './plot.js';
import { divergencePlot, perplexityPlot, speedPlot } from './plots.js';
import { STYLE } from './style.js';
import { failedRules, summaryTable } from './summary-table.js';

/** One self-contained page over builds of one or more models; read without scripts, and without a network. The same reports give the same bytes. */
export function reportPage(reports: readonly ValidationReport[]): string {
  const hashes = [...new Set(reports.map(({ model }) => model.hash))];
  const models = hashes.map((hash) => reports.filter(({ model }) => model.hash === hash));
  const names = models.map(([first]) => first!.model.name).join(', ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quantization of ${escaped(names)}</title>
<style>${STYLE}</style>
</head>
<body>
${models.length === 0 ? '<h1>Quantization</h1><p>There are no builds.</p>' : models.map(modelPart).join('\n')}
</body>
</html>
`;
}

function modelPart(unordered: readonly ValidationReport[]): string {
  const reports = inOrder(unordered);
  const { model } = reports[0]!;
  const accepted = reports.filter(({ acceptance }) => acceptance.accepted).length;
  return `<h1>${escaped(model.name)}</h1>
<p class="note">${model.parameters.toLocaleString('en-US')} parameters; ${reports.length} builds, ${accepted} accepted. Every build is compared with the float32 model. ${clock(reports)}</p>
<h2>Summary</h2>
${summaryTable(reports)}
${failedRules(reports)}
<h2>Size against quality and speed</h2>
${legend(reports)}
<div class="plots">
${figures(reports)}
</div>
<h2>Error by layer, %</h2>
<p class="note">|w − w′| / |w| of every matrix, Frobenius norms; the colour is full at 100% and gone at 0.1%.</p>
${errorTable(reports)}
<h2>Prompts of seed 000</h2>
<p class="note">The last position of each prompt: whether the most probable token is the same, KL divergence in nats, largest difference of a logit.</p>
${promptTable(reports)}
<h2>Texts</h2>
<p class="note">Greedy continuations, as the generation check read them.</p>
${textCards(reports)}
<h2>Where this comes from</h2>
${provenance(reports)}`;
}

/** The widest first, and at as many bits the methods from the plainest on; mixtures after those that they vary. */
function inOrder(reports: readonly ValidationReport[]): ValidationReport[] {
  const bits = ({ build }: ValidationReport) => build.recipe?.bits ?? Number.POSITIVE_INFINITY;
  const mixed = ({ build }: ValidationReport) =>
    Number(Object.keys(build.recipe?.exceptions ?? {}).length > 0);
  const method = (report: ValidationReport) => KINDS.indexOf(kindOf(report));
  const down = (a: number, b: number) => (a === b ? 0 : b - a);
  return reports.toSorted((a, b) => down(bits(a), bits(b)) || mixed(a) - mixed(b) || method(a) - method(b));
}

function clock(reports: readonly ValidationReport[]): string {
  const modelled = reports.some(({ speed }) => speed?.clock === 'modelled');
  return modelled
    ? 'Speeds are modelled: they come from the cost table of the virtual board, not from hardware.'
    : '';
}

function legend(reports: readonly ValidationReport[]): string {
  const kinds = KINDS.filter((kind) => reports.some((report) => kindOf(report) === kind));
  const key = (mark: string) => `<svg class="key" viewBox="0 0 16 16" aria-hidden="true">${mark}</svg>`;
  const items = kinds.map((kind) => `<li>${key(markSvg(kind, 8, 8, true))} ${kind}</li>`);
  return `<ul class="legend">${items.join('')}<li class="quiet">filled: accepted; hollow: not; cross: the seeds’ quantizer; names with a colon: builds whose marks touch, the upper one first</li></ul>`;
}

function figures(reports: readonly ValidationReport[]): string {
  const figure = (title: string, plot: Plot | undefined) =>
    plot === undefined || plot.points.length === 0
      ? ''
      : `<figure><figcaption>${title}</figcaption><div class="wide">${plotSvg(plot)}</div></figure>`;
  return [
    figure('Perplexity', perplexityPlot(reports)),
    figure('KL divergence', divergencePlot(reports)),
    figure('Speed', speedPlot(reports)),
  ].join('\n');
}
