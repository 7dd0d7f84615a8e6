/** What a client says it can show besides JPEG and PNG, which all can. */
export interface AcceptedFormats {
  readonly avif: boolean;
  readonly webp: boolean;
}

export const EVERY_ACCEPTED: AcceptedFormats = { avif: true, webp: true };
const NONE_ACCEPTED: AcceptedFormats = { avif: false, webp: false };

/**
 * What any client may accept. `acceptedFormats` answers one of these four objects, so that a plan can be kept by it.
 */
export const ALL_ACCEPTED: readonly AcceptedFormats[] = [
  EVERY_ACCEPTED,
  { avif: false, webp: true },
  { avif: true, webp: false },
  NONE_ACCEPTED,
];

/**
 * What an Accept header names by name, with a weight over 0 (RFC 9110 12.5.1): wildcards promise nothing, since clients
 * that know neither format send them too.
 */
export function acceptedFormats(accept: string | undefined): AcceptedFormats {
  const named = accept?.split(',').map(namedType) ?? [];
  const [avif, webp] = [named.includes('image/avif'), named.includes('image/webp')];
  return ALL_ACCEPTED.find((one) => one.avif === avif && one.webp === webp) ?? NONE_ACCEPTED;
}

const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * Undefined for a weight of 0, which refuses, and for other parameters, which narrow the type to one that we don't
 * send.
 */
function namedType(range: string): string | undefined {
  const [type, weight = 'q=1'] = range.split(';', 2).map((part) => part.trim().toLowerCase());
  return Number(WEIGHT.exec(weight)?.[1] ?? 0) > 0 ? type : undefined;
}
