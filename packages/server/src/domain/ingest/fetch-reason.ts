/**
 * Why no picture came from a URL. A closed set, since answers say nothing else of it: neither the URL nor the addresses
 * of its host, of which some may be in a network that the caller doesn't see.
 */
export const FETCH_REASONS = [
  'refused-url',
  'refused-host',
  'unreachable',
  'timeout',
  'not-found',
  'bad-status',
  'too-many-redirects',
  'broken',
] as const;
export type FetchReason = (typeof FETCH_REASONS)[number];

const WORDS: Readonly<Record<FetchReason, string>> = {
  'refused-url': 'a URL that is not https on port 443, or has credentials',
  'refused-host': 'a URL of a host that this service fetches nothing from',
  unreachable: 'a host that could not be reached',
  timeout: 'no complete answer in time',
  'not-found': 'an answer that nothing is there',
  'bad-status': 'an answer without a picture, such as a refusal',
  'too-many-redirects': 'too many redirects',
  broken: 'an answer that was cut off, compressed or no HTTP',
};

export const fetchFailure = (reason: FetchReason): string => `expected a picture at the URL; got ${WORDS[reason]}`;
