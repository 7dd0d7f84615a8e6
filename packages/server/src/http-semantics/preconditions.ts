/** The current representation, as far as a request's conditions concern it (RFC 9110 8.8). */
export interface Validators {
  /** Strong, with its quotes. */
  readonly entityTag: string;
  /** null: unknown; conditions by date are ignored. */
  readonly lastModified: Date | null;
}

/** A request's header by its name in lower case. */
export type HeaderOf = (name: Lowercase<string>) => string | undefined;

/** Evaluates a GET or HEAD's conditions in the order of RFC 9110 13.2.2, which is also S3's. */
export function judgePreconditions(header: HeaderOf, current: Validators): 'passed' | 'not-modified' | 'failed' {
  const ifMatch = header('if-match');
  const unmodifiedSince = parseHttpDate(header('if-unmodified-since'));
  const isOther = ifMatch !== undefined ? !isListed(ifMatch, current) : isModifiedAfter(current, unmodifiedSince);
  if (isOther) return 'failed';

  const ifNoneMatch = header('if-none-match');
  const modifiedSince = parseHttpDate(header('if-modified-since'));
  const isFresh =
    ifNoneMatch !== undefined
      ? isListed(ifNoneMatch.replaceAll('W/', ''), current) // weak comparison, RFC 9110 13.1.2
      : modifiedSince !== undefined && current.lastModified !== null && !isModifiedAfter(current, modifiedSince);
  return isFresh ? 'not-modified' : 'passed';
}

/** Whether a Range still refers to the representation that its sender has (RFC 9110 13.1.5). */
export function isRangeCurrent(header: HeaderOf, { entityTag, lastModified }: Validators): boolean {
  const ifRange = header('if-range');
  return ifRange === undefined || ifRange === entityTag || ifRange === lastModified?.toUTCString();
}

const isListed = (list: string, { entityTag }: Validators): boolean =>
  list.split(',').some((item) => item.trim() === '*' || item.trim() === entityTag);

/** Last-Modified has a resolution of one second. */
const isModifiedAfter = ({ lastModified }: Validators, time: number | undefined): boolean =>
  time !== undefined && lastModified !== null && Math.floor(lastModified.getTime() / 1000) * 1000 > time;

/** Unix time in milliseconds. An invalid date is ignored, as RFC 9110 13.1.3 and 13.1.4 require. */
function parseHttpDate(text: string | undefined): number | undefined {
  const time = text?.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
