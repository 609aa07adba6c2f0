import { expect } from 'chai';
import { type ScatterPoint, scatterSvg } from './scatter.js';

const picture = (points: readonly ScatterPoint[]): string =>
  scatterSvg({
    title: 'a & b',
    note: 'clock: modelled',
    x: { title: 'bytes', format: (value) => `${Math.round(value)} B` },
    y: { title: 'rate', format: (value) => value.toFixed(2) },
    points,
  });

const points: readonly ScatterPoint[] = [
  { x: 100, y: 1, label: 'small', best: true },
  { x: 200, y: 0.5, label: '<worse>', best: false },
  { x: 400, y: 2, label: 'large', best: true },
];

describe('scatterSvg', () => {
  it('draws every point, and the line through the best in order of cost', () => {
    const svg = picture(points);
    expect(svg.match(/r="5"/g)).to.have.length(6);
    const path = /<path d="M ([\d.]+) [\d.]+ H ([\d.]+) V [\d.]+ H/.exec(svg);
    expect(Number(path?.[1])).to.be.lessThan(Number(path?.[2]));
  });

  it('puts a larger value further right and higher up', () => {
    const at = [...picture(points).matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((one) => [
      Number(one[1]),
      Number(one[2]),
    ]);
    expect(at[2]![0]!).to.be.greaterThan(at[1]![0]!);
    expect(at[2]![1]!).to.be.lessThan(at[1]![1]!);
  });

  it('keeps labels from being read as markup', () => {
    expect(picture(points)).to.contain('&lt;worse&gt;').and.to.contain('a &amp; b');
  });

  it('draws an empty picture without points', () => {
    expect(picture([])).to.match(/^<svg[\s\S]*<\/svg>\n$/);
  });
});
