import { resolve } from 'node:path';

/** Where a target is. */
export type TargetAddress =
  | { readonly kind: 'folder'; readonly name: string; readonly path: string }
  | { readonly kind: 's3'; readonly name: string; readonly bucket: string; readonly prefix: string };

/** For messages about a wrong one. */
export const TARGET_FORM = 'a folder, or s3://BUCKET/PREFIX with letters, digits and ._- in PREFIX';

/** Undefined if `text` is none. */
export function parseTarget(text: string): TargetAddress | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  if (scheme === undefined) return text === '' ? undefined : { kind: 'folder', name: text, path: resolve(text) };
  const [, bucket, prefix = ''] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(rest) ?? [];
  if (scheme.toLowerCase() !== 's3' || bucket === undefined) return undefined;
  if (prefix !== '' && !prefix.split('/').every((part) => /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/.test(part))) return undefined;
  return { kind: 's3', name: text, bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}
