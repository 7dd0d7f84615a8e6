import { invalidField } from '../errors.ts';
import type { ImageDescription, Json } from '../image/image.ts';
import { MAX_TAGS } from '../image/image-filter.ts';
import { isSameJson } from '../image/same-json.ts';
import type { Visibility } from '../image/visibility.ts';

/** The longest metadata: JSON in UTF-8. */
export const MAX_METADATA_BYTES = 4_096;

type Metadata = ImageDescription['metadata'];

/** Changes of what an image already has. */
export interface Edits {
  readonly addTags?: readonly string[] | undefined;
  readonly removeTags?: readonly string[] | undefined;
  /** Members to set; null removes one. */
  readonly metadata?: Metadata | undefined;
  readonly visibility?: Visibility | undefined;
}

/**
 * The fields that `edits` change; none if the image has all of it already. Errors: `invalid-request` beyond `MAX_TAGS`
 * or `MAX_METADATA_BYTES`.
 */
export const editedFields = (image: ImageDescription, edits: Edits): Partial<ImageDescription> => ({
  ...editedTags(image, edits),
  ...editedMetadata(image, edits),
  ...(edits.visibility !== undefined && edits.visibility !== image.visibility && { visibility: edits.visibility }),
});

function editedTags(image: ImageDescription, { addTags = [], removeTags = [] }: Edits): Partial<ImageDescription> {
  const tags = [...new Set([...image.tags, ...addTags])].filter((tag) => !removeTags.includes(tag));
  const { gained, lost } = changedTags(image.tags, tags);
  if (gained.length + lost.length === 0) return {};
  if (tags.length <= MAX_TAGS) return { tags };
  throw invalidField('/add_tags', `expected an image of at most ${MAX_TAGS} tags afterwards; got ${tags.length}`);
}

export const changedTags = (before: readonly string[], after: readonly string[]) => ({
  gained: after.filter((tag) => !before.includes(tag)),
  lost: before.filter((tag) => !after.includes(tag)),
});

function editedMetadata(image: ImageDescription, { metadata: members = {} }: Edits): Partial<ImageDescription> {
  // Not by spreading alone: a member may be called `__proto__`.
  const merged = new Map([...Object.entries(image.metadata), ...Object.entries(members)]);
  const metadata = Object.fromEntries([...merged].filter(([name]) => memberOf(members, name) !== null));
  if (isSameJson(metadata, image.metadata)) return {};
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes <= MAX_METADATA_BYTES) return { metadata };
  const detail = `expected metadata of at most ${MAX_METADATA_BYTES} bytes of JSON afterwards; got ${bytes}`;
  throw invalidField('/metadata', detail);
}

/** The members of `before` that aren't the same in `after`; null: it had none. */
export function formerMembers(before: Metadata, after: Metadata): Metadata {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const former = [...names].map((name): [string, Json] => [name, memberOf(before, name) ?? null]);
  return Object.fromEntries(former.filter(([name, value]) => !isSameJson(value, memberOf(after, name) ?? null)));
}

/** undefined: there is none of its own. */
const memberOf = (metadata: Metadata, name: string): Json | undefined =>
  Object.hasOwn(metadata, name) ? metadata[name] : undefined;
