import { ConfigError } from '../../errors.js';

/** What a thread answers when a logit was not finite: the position in its document. */
export interface NotFinite {
  readonly notFinite: number;
}

/** @param names of the model that is compared with another, and of the other; or of one */
export function badLogits(names: readonly string[], { notFinite }: NotFinite): ConfigError {
  const message = `${names.join(' or ')} gives logits that are not finite at position ${notFinite} of a text: check its weights`;
  return new ConfigError('bad-logits', message, { position: notFinite });
}
