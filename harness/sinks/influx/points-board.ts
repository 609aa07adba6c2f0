import type { ResultAttempt, RunResult } from '../../results/result.js';
import { commonTags, integer, present, type ResultBoard, type UntimedPoint } from './points-common.js';

/** `board`: how one attempt went for the rack: flashing, provisioning, the link. What it did not come to is absent. */
export function boardPoint(result: RunResult, board: ResultBoard, attempt: ResultAttempt): UntimedPoint {
  const { flash, provision, loadUs, uart, remade, failure } = attempt;
  return {
    measurement: 'board',
    tags: { ...commonTags(result, board), attempt: String(attempt.attempt) },
    fields: present({
      flash_ms: flash?.elapsedMs,
      flash_bytes: integer(flash?.bytesWritten),
      flash_skipped_bytes: integer(flash?.bytesSkipped),
      provision_ms: milliseconds(provision?.elapsedUs),
      provision_bytes: integer(provision?.bytesSent),
      wire_efficiency: provision?.wireEfficiency,
      load_ms: milliseconds(loadUs),
      uart_torn: integer(uart?.torn),
      uart_bytes: integer(uart?.bytes),
      remade: integer(remade),
      infra_failed: integer(failure?.class === 'infra-fail'),
      failure: failure === undefined ? undefined : (failure.code ?? failure.class),
      run_id: result.run.id,
    }),
  };
}

function milliseconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1000;
}
