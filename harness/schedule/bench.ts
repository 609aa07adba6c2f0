import { median } from '../stats/median.js';
import { assign } from './assign.js';
import { hardShapes, type Shape } from './testing/shapes.js';

/** `node dist/schedule/bench.js [JOBS [BOARDS [ROUNDS]]]`: how long one assignment takes, in milliseconds. */
const [jobs = 10_000, boards = 1000, rounds = 5] = process.argv.slice(2).map(Number);

function measure({ jobs, boards }: Shape): { readonly times: number[]; readonly given: number } {
  let given = 0;
  const times = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    given = assign(jobs, boards).reduce((total, one) => total + one.boards.length, 0);
    return performance.now() - startMs;
  });
  return { times, given };
}

process.stdout.write(`${jobs} jobs x ${boards} boards, ${rounds} rounds\n`);
for (const shape of hardShapes(jobs, boards)) {
  const { times, given } = measure(shape);
  const figures = `median ${median(times).value?.toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms`;
  process.stdout.write(`${figures.padEnd(32)}${String(given).padStart(5)} boards busy  ${shape.name}\n`);
}
