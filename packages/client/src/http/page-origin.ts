/** The origin of the page or the worker; empty elsewhere. */
export const pageOrigin = (): string =>
  (globalThis as { location?: { readonly origin: string } }).location?.origin ?? '';
