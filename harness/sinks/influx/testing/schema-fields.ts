import { MEASUREMENT_NAMES } from '../../../results/measurement-catalogue.js';

/** Every field of dashboards/SCHEMA.md by its measurement and its type there, written down apart from the code that makes points. */
export const schemaFields: Readonly<Record<string, Record<'text' | 'integer' | 'float', readonly string[]>>> =
  {
    run: {
      text: ['verdict', 'run_id', 'build', 'model_hash', 'message', 'report'],
      integer: words(
        'passed failed_product failed_infra failed_other attempts tokens_total tokens_equal card_bytes',
      ),
      float: words(
        'decode_rate prefill_rate time_to_first_token psram_peak heap_peak sd_reads_per_token sd_seeks_per_token sd_bytes_per_token',
      ),
    },
    generation: {
      text: ['run_id', 'build'],
      integer: ['tokens_equal', 'logits_equal'],
      float: MEASUREMENT_NAMES,
    },
    quality: {
      text: ['run_id'],
      integer: ['positions', 'card_bytes'],
      float: words('kl_mean kl_p99 top1 ln_ppl_ratio perplexity_ratio max_abs_delta decode_rate'),
    },
    board: {
      text: ['failure', 'run_id'],
      integer: words(
        'flash_bytes flash_skipped_bytes provision_bytes uart_torn uart_bytes remade infra_failed',
      ),
      float: words('flash_ms provision_ms wire_efficiency load_ms'),
    },
    live: { text: ['state'], integer: ['tokens'], float: ['token_rate'] },
  };

function words(text: string): string[] {
  return text.split(' ');
}
