import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** One failed test or hook: its full title, and its error's stack. */
interface Failure {
  title: string;
  stack: string;
}

/**
 * Mocha's `spec` reporter, which also writes `{passed, failed, skipped, failures}` to the file of its option `file`: who runs
 * several mochas can say at the very end what failed, where a log that was cut at its front still has it.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = (options.reporterOptions as { file?: string } | undefined)?.file;
    const failed: Failure[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test: Mocha.Runnable, error: Error) =>
      failed.push({ title: test.fullTitle(), stack: error.stack ?? String(error) }),
    );
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (file !== undefined) {
        writeFileSync(
          file,
          JSON.stringify({ passed: passes, failed: failures, skipped: pending, failures: failed }),
        );
      }
    });
  }
}
