import { median } from '../stats/median.js';
import { assign } from './assign.js';
import { cpuMs } from './testing/cpu-time.js';
import { hardShapes, type Shape } from './testing/shapes.js';

/** `node dist/schedule/bench.js [JOBS [BOARDS [ROUNDS]]]`: how long one assignment takes, by the wall clock and in processor time. */
const [jobs = 10_000, boards = 1000, rounds = 5] = process.argv.slice(2).map(Number);

function measure({ jobs, boards }: Shape) {
  let given = 0;
  const cpu: number[] = [];
  const wall = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    cpu.push(
      cpuMs(() => {
        given = assign(jobs, boards).reduce((total, one) => total + one.boards.length, 0);
      }),
    );
    return performance.now() - startMs;
  });
  return { wall, cpu, given };
}

process.stdout.write(`${jobs} jobs x ${boards} boards, ${rounds} rounds\n`);
for (const shape of hardShapes(jobs, boards)) {
  const { wall, cpu, given } = measure(shape);
  const figures = `median ${median(wall).value?.toFixed(0)} ms, worst ${Math.max(...wall).toFixed(0)} ms; processor ${median(cpu).value?.toFixed(0)} ms`;
  process.stdout.write(`${figures.padEnd(48)}${String(given).padStart(5)} boards busy  ${shape.name}\n`);
}
