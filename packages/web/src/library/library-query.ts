import { formatsOf } from '../ui/formats.ts';
import type { Order } from './position.ts';

/** Which of the pictures a library has: those that pass every filter. */
export interface LibraryQuery {
  /** Beginnings of words; undefined: any. One user's only. */
  readonly words: string | undefined;
  /** At most `MOST_TAGS`: a picture has all of them. */
  readonly tags: readonly string[];
  /** `image/heic`. */
  readonly type: string | undefined;
  /** `2024-07`. */
  readonly month: string | undefined;
  readonly visibility: Visibility | undefined;
}

export type Visibility = 'public' | 'private';

/** All pictures. */
export const ALL: LibraryQuery = {
  words: undefined,
  tags: [],
  type: undefined,
  month: undefined,
  visibility: undefined,
};

/** As the service allows, in code points; tags are counted. */
const LONGEST_WORDS = 100;
export const LONGEST_TAG = 64;
export const MOST_TAGS = 20;

/** Whether the library has every picture. */
export const isAll = ({ words, tags, ...others }: LibraryQuery): boolean =>
  words === undefined && tags.length === 0 && Object.values(others).every((one) => one === undefined);

/** Whether the service has such lists of one user only. `ofAll`: whether lists of all users have tags and types. */
export const isOfOneUser = ({ words, tags, type }: LibraryQuery, ofAll: boolean | undefined): boolean =>
  words !== undefined || (ofAll === false && (tags.length > 0 || type !== undefined));

/** Those filters that the service would refuse are left out. */
export function soundQuery(given: LibraryQuery): LibraryQuery {
  const words = given.words?.trim().replace(/\s+/g, ' ') ?? '';
  const tags = [...new Set(given.tags.map((tag) => tag.normalize('NFC').trim()))];
  const { type = '', month = '', visibility } = given;
  return {
    words: /[\p{L}\p{N}]/u.test(words) && [...words].length <= LONGEST_WORDS ? words : undefined,
    tags: tags.filter((tag) => /^\P{Cc}+$/u.test(tag) && [...tag].length <= LONGEST_TAG).slice(0, MOST_TAGS),
    type: /^image\/[a-z\d.+-]+$/.test(type) ? type : undefined,
    month: /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])$/.test(month) ? month : undefined,
    visibility: visibility === 'public' || visibility === 'private' ? visibility : undefined,
  };
}

/** In milliseconds; `to` is exclusive. `dates`: what dates a picture. */
export function monthSpan(month: string, dates: Order): { readonly from: number; readonly to: number } {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const { monthStart } = formatsOf(dates);
  return { from: monthStart({ year, month: number - 1 }), to: monthStart({ year, month: number }) };
}
