/** The code of the error that an action ends with; `none` when it succeeds. */
export async function failureOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return 'none';
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}
