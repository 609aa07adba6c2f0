/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** `wrong`: something keeps runs from working. `warning`: it may, or costs something. */
  readonly state: 'ok' | 'warning' | 'wrong';
  readonly message: string;
  /** What to do next; present unless all is well. */
  readonly next?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message };
}

export function warning(check: string, message: string, next: string): Finding {
  return { check, state: 'warning', message, next };
}

export function wrong(check: string, message: string, next: string): Finding {
  return { check, state: 'wrong', message, next };
}
