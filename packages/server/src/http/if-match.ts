import { invalidField } from '../domain/errors.ts';
import { shown } from '../domain/shown.ts';

const ENTITY_TAGS = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;

/** The revisions that If-Match names; undefined: any. Weak tags never match (RFC 9110 13.1.1). */
export function expectedRevisions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (!ENTITY_TAGS.test(ifMatch.trim())) {
    throw invalidField('If-Match', `expected the ETag of the image's metadata, as "3", or *; came ${shown(ifMatch)}`);
  }
  const tags = ifMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.flatMap((tag) => (/^"\d+"$/.test(tag) ? [Number(tag.slice(1, -1))] : []));
}
