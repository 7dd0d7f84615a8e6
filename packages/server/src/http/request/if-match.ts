import { invalidField } from '../../domain/errors.ts';
import { preview } from '../../text/preview.ts';

const ENTITY_TAGS = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;

/** The ETag of an image's JSON (http/images/image-json.ts), or its revision alone. */
const IMAGE_TAG = /^"(\d+)(?:\.[\da-f]+)?"$/;

/**
 * The revisions that If-Match names; undefined: any. The rest of the ETag isn't compared, because a change is made to
 * the record, whatever its JSON for this client. Weak ETags never match (RFC 9110 13.1.1).
 */
export function expectedRevisions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (!ENTITY_TAGS.test(ifMatch.trim())) {
    const expected = `expected the ETag of the image's metadata, as "3.9f86d081884c7d65", its revision, as "3", or *`;
    throw invalidField('If-Match', `${expected}; got ${preview(ifMatch)}`);
  }
  const tags = ifMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.flatMap((tag) => {
    const revision = IMAGE_TAG.exec(tag)?.[1];
    return revision === undefined ? [] : [Number(revision)];
  });
}
