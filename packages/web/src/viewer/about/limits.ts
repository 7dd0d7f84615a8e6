import { numberText } from '../../ui/formats.ts';

/** As the service allows, in code points; tags are counted. */
const LONGEST_TAG = 64;
const MOST_TAGS = 20;
const LONGEST_DESCRIPTION = 2_000;
/** JSON in UTF-8. */
const MOST_METADATA_BYTES = 4_096;
/** From this part of a limit on, what is left is said. */
const NEAR = 0.9;

/** A tag as the service stores it. */
export const normalizedTag = (text: string): string => text.normalize('NFC').trim();

/** Why the text can't be a tag, for people. */
export function tagFault(text: string): string | undefined {
  const tag = normalizedTag(text);
  const length = [...tag].length;
  if (length > LONGEST_TAG) return `A tag has at most ${LONGEST_TAG} characters: this one has ${numberText(length)}.`;
  if (/\p{Cc}/u.test(tag) || !tag.isWellFormed()) return 'A tag has letters, digits and signs only.';
  return undefined;
}

export const tagsFault = ({ length }: readonly string[]): string | undefined =>
  length > MOST_TAGS ? `A picture has at most ${MOST_TAGS} tags: these are ${numberText(length)}.` : undefined;

export const isFull = ({ length }: readonly string[]): boolean => length >= MOST_TAGS;

export function descriptionFault(text: string): string | undefined {
  const { length } = [...text];
  if (length > LONGEST_DESCRIPTION)
    return `A description has at most ${numberText(LONGEST_DESCRIPTION)} characters: this one has ${numberText(length)}.`;
  return text.isWellFormed() ? undefined : 'This description has half a character. Remove it.';
}

/** How much of the limit is used, once that is worth saying. */
export function descriptionUse(text: string): string | undefined {
  const { length } = [...text];
  return length > NEAR * LONGEST_DESCRIPTION && length <= LONGEST_DESCRIPTION
    ? `${numberText(length)} of ${numberText(LONGEST_DESCRIPTION)} characters`
    : undefined;
}

export function metadataFault(metadata: object): string | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).byteLength;
  return bytes > MOST_METADATA_BYTES
    ? `Metadata has at most ${numberText(MOST_METADATA_BYTES)} bytes: this has ${numberText(bytes)}.`
    : undefined;
}
