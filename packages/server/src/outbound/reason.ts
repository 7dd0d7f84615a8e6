/**
 * The words of an error for a sentence. OpenSSL's have a `reason`; an attempt at several addresses has the errors of
 * each.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  if (!(error instanceof Error)) return String(error);
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message || error.name;
}
