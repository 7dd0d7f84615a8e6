import type { ViewToken } from '../../src/domain/access/view-token.ts';
import type { Random } from '../chance/random.ts';

export const USERS = ['ada', 'bob'] as const;
export const TAGS = ['sea', 'sun', 'snow', 'city', 'cat', 'dog'] as const;

/** An image as the model knows it. Its words occur in no other image. */
export interface Picture {
  readonly n: number;
  readonly id: string;
  readonly user: string;
  readonly sha256: string;
  /** The credential whose view token uploaded it; null: none did. */
  readonly minter: string | null;
  tags: readonly string[];
  state: 'ready' | 'pending' | 'trashed' | 'deleted';
}

/** A token as the model knows it. */
export interface View extends Pick<ViewToken, 'onlyTags' | 'showsOriginals' | 'showsMetadata'> {
  readonly text: string;
  readonly user: string;
  readonly minter: string;
  readonly uploads: boolean;
  isLive: boolean;
}

export const wordOf = (n: number): string => `word${n}x`;
export const filenameOf = (n: number): string => `name${n}x.jpg`;
export const metadataOf = (n: number): string => `meta${n}x`;

const isOf = (view: View, { user, tags }: Picture): boolean =>
  user === view.user && view.onlyTags.every((tag) => tags.includes(tag));

export const isSeen = (view: View, picture: Picture): boolean => isOf(view, picture) && picture.state === 'ready';

/** Whether the token sees the record of the image. */
export const isDescribed = (view: View, picture: Picture): boolean =>
  isSeen(view, picture) ||
  (isOf(view, picture) && view.uploads && picture.minter === view.minter && picture.state === 'pending');

/** A list, as a client asks for it. */
export interface AskedList {
  readonly tags: readonly string[];
  readonly tagMode: 'all' | 'any' | undefined;
  readonly word: string | undefined;
  readonly status: string | undefined;
  readonly order: 'newest' | 'oldest';
  readonly user: string | undefined;
}

export const anyList = (random: Random, pictures: readonly Picture[]): AskedList => {
  const searches = random.chance(0.15);
  return {
    tags: searches ? [] : TAGS.filter(() => random.chance(0.15)),
    tagMode: searches || random.chance(0.5) ? undefined : random.pick(['all', 'any'] as const),
    word: searches ? random.pick(['album', wordOf(random.pick(pictures).n)]) : undefined,
    status:
      random.chance(0.1) && !searches ? random.pick(['ready', 'pending', 'held', 'trashed', 'rejected']) : undefined,
    order: random.pick(['newest', 'oldest']),
    user: random.chance(0.2) ? random.pick(USERS) : undefined,
  };
};

/** The status of the list, and its ids in order. */
export function listed(view: View, asked: AskedList, pictures: readonly Picture[]): number | readonly string[] {
  if (asked.user !== undefined && asked.user !== view.user) return 403;
  const isBound = view.onlyTags.length > 0;
  if (asked.status !== undefined && asked.status !== 'ready') return 400;
  if (isBound && (asked.tagMode === 'any' || asked.word !== undefined)) return 400;
  const isAsked = ({ n, tags }: Picture): boolean => {
    if (asked.word !== undefined) return asked.word === 'album' || asked.word === wordOf(n);
    if (asked.tags.length === 0) return true;
    const has = (tag: string): boolean => tags.includes(tag);
    return asked.tagMode === 'any' ? asked.tags.some(has) : asked.tags.every(has);
  };
  const ids = pictures.filter((one) => isSeen(view, one) && isAsked(one)).map(({ id }) => id);
  return asked.order === 'oldest' ? ids.toSorted() : ids.toSorted().toReversed();
}

export function queryOf({ tags, tagMode, word, status, order, user }: AskedList): string {
  const query = new URLSearchParams({ order });
  for (const tag of tags) query.append('tag', tag);
  if (tagMode !== undefined) query.set('tag_mode', tagMode);
  if (word !== undefined) query.set('q', word);
  if (status !== undefined) query.set('status', status);
  if (user !== undefined) query.set('user_id', user);
  return query.toString();
}
