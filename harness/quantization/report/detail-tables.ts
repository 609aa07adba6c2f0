import { MATRIX_NAMES, type MatrixName } from '../../model/packed-model.js';
import type { ValidationReport } from '../validation-report.js';
import { digits, escaped } from './markup.js';
import { shortName } from './plots.js';

/** Error of every matrix of every layer as a heat table: from nothing at 0.1% to the full colour at 100%. */
export function errorTable(reports: readonly ValidationReport[]): string {
  const coded = reports.filter(({ tensors }) => tensors.length > 0);
  if (coded.length === 0) return '';
  const names = MATRIX_NAMES.filter((name) =>
    coded.some(({ tensors }) => tensors.some(({ tensor }) => tensor === name)),
  );
  const heads = names.map((name) => `<th scope="col" class="n">${name.replace('_proj', '')}</th>`).join('');
  return `<div class="wide"><table class="heat"><thead><tr><th scope="col">build</th><th scope="col" class="n">layer</th>${heads}</tr></thead>${coded.map((report) => errorRows(report, names)).join('\n')}</table></div>`;
}

function errorRows(report: ValidationReport, names: readonly MatrixName[]): string {
  const layers = 1 + Math.max(...report.tensors.map(({ layer }) => layer));
  const rows = Array.from({ length: layers }, (_, layer) => {
    const head =
      layer === 0 ? `<th scope="rowgroup" rowspan="${layers}">${escaped(shortName(report))}</th>` : '';
    return `<tr>${head}<td class="n quiet">${layer}</td>${names.map((name) => errorCell(report, name, layer, layers)).join('')}</tr>`;
  });
  return `<tbody>${rows.join('')}</tbody>`;
}

/** The embedding and the head belong to no layer: one cell over all. */
function errorCell({ tensors }: ValidationReport, name: MatrixName, layer: number, layers: number): string {
  const whole = name === 'embed_tokens' || name === 'lm_head';
  if (whole && layer > 0) return '';
  const span = whole && layers > 1 ? ` rowspan="${layers}"` : '';
  const found = tensors.find((one) => one.tensor === name && (whole || one.layer === layer));
  if (found === undefined) return `<td${span}></td>`;
  const { relativeError, bitsPerWeight } = found;
  const heat = relativeError <= 0 ? 0 : Math.min(1, Math.max(0, (Math.log10(relativeError) + 3) / 3));
  const title = `${digits(bitsPerWeight, 3)} bits a weight`;
  return `<td class="n cell"${span} style="--heat:${heat.toFixed(2)}" title="${title}">${digits(100 * relativeError, 2)}</td>`;
}

/** The prompts of seed 000, each at its last position. */
export function promptTable(reports: readonly ValidationReport[]): string {
  const prompts = [...new Set(reports.flatMap(({ quality }) => quality.prompts.map(({ prompt }) => prompt)))];
  if (prompts.length === 0) return '';
  const heads = prompts.map((prompt) => `<th scope="col" class="prompt">${escaped(prompt)}</th>`).join('');
  const rows = reports.map((report) => {
    const equal = report.quality.prompts.filter(({ topTokenEqual }) => topTokenEqual).length;
    const cells = prompts.map((prompt) => promptCell(report, prompt)).join('');
    return `<tr><th scope="row">${escaped(shortName(report))}</th>${cells}<td class="n">${equal} of ${report.quality.prompts.length}</td></tr>`;
  });
  return `<div class="wide"><table class="prompts"><thead><tr><th scope="col">build</th>${heads}<th scope="col" class="n">same top token</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function promptCell({ quality }: ValidationReport, prompt: string): string {
  const found = quality.prompts.find((one) => one.prompt === prompt);
  if (found === undefined) return '<td></td>';
  const { topTokenEqual, klDivergence, maxAbsDelta } = found;
  const outcome = topTokenEqual ? '<span class="yes">✓ same</span>' : '<span class="no">✗ other</span>';
  return `<td>${outcome}<br><small>KL ${digits(klDivergence, 2)}, Δ ${digits(maxAbsDelta, 2)}</small></td>`;
}

/** What float32 and every build write, prompt by prompt; a text that several write stands once. */
export function textCards(reports: readonly ValidationReport[]): string {
  const prompts = [
    ...new Set(reports.flatMap(({ generation }) => generation.texts.map(({ prompt }) => prompt))),
  ];
  return prompts
    .map(
      (prompt) => `<h3>${escaped(prompt)}</h3><div class="texts">${cards(reports, prompt).join('\n')}</div>`,
    )
    .join('\n');
}

interface Written {
  readonly names: string[];
  readonly text: string;
  readonly faults: readonly string[];
}

function cards(reports: readonly ValidationReport[], prompt: string): string[] {
  const written: Written[] = [];
  for (const report of reports) {
    const found = report.generation.texts.find((one) => one.prompt === prompt);
    if (found === undefined) continue;
    if (written.length === 0) written.push({ names: ['float32'], text: found.base, faults: [] });
    const same = written.find(({ text }) => text === found.build);
    if (same === undefined)
      written.push({ names: [shortName(report)], text: found.build, faults: found.faults });
    else same.names.push(shortName(report));
  }
  return written.map((one, index) => card(one, index === 0 ? 'base' : ''));
}

function card({ names, text, faults }: Written, kind: string): string {
  const wrong = faults.map((fault) => `<p class="no">${escaped(fault)}</p>`).join('');
  const body = text.trim() === '' ? '<i>nothing</i>' : escaped(text.trim());
  return `<div class="card ${kind}"><b>${names.map(escaped).join(', ')}</b>${wrong}<p>${body}</p></div>`;
}

/** Where all of it comes from. */
export function provenance(reports: readonly ValidationReport[]): string {
  const { model, tokenrack, quality, speed } = reports[0]!;
  const facts = [
    ['model', `${model.name}, ${model.parameters.toLocaleString('en-US')} parameters`],
    ['hash', model.hash],
    [
      'text',
      `${quality.text.source}: ${quality.text.documents} documents, ${quality.text.positions.toLocaleString('en-US')} positions`,
    ],
    ['tokenrack', tokenrack],
    ...(speed === undefined
      ? []
      : [
          [
            'speed',
            `${speed.clock === 'modelled' ? 'modelled: times come from the cost table of the virtual board, not from hardware' : 'hardware'}; board ${speed.board}, strategy ${speed.strategy}, ${speed.cardMode} card`,
          ],
        ]),
  ];
  const rows = facts.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value!)}</dd>`).join('');
  const recipes = reports.map(
    (report) =>
      `<dt>${escaped(shortName(report))}</dt><dd><code>${escaped(JSON.stringify(report.build.recipe ?? { format: report.build.format }))}</code></dd>`,
  );
  return `<dl class="facts">${rows}</dl><h3>Recipes</h3><dl class="facts">${recipes.join('')}</dl>`;
}
