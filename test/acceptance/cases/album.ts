import type { Image } from '../answers.ts';
import { type Api, newUser, type Query } from '../api.ts';
import { picture } from '../pictures.ts';

/** One user's images have all combinations of these: enough for several pages. `matching` predicts their lists. */
const TAGS = [[], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']];
const TYPES = ['image/png', 'image/gif', 'image/webp'] as const;

export interface Album {
  readonly user: string;
  /** Newest first. */
  readonly images: readonly Image[];
  /** A tag that every image of the album has, and no other image. */
  readonly mark: string;
}

export async function createAlbum(api: Api): Promise<Album> {
  const [user, mark] = [newUser(), newUser().slice(0, 60)];
  const images: Image[] = [];
  for (const tags of TAGS) {
    for (const type of TYPES) {
      images.push(await api.upload(user, await picture({ type }), { tags: [mark, ...tags] }));
    }
  }
  return { user, mark, images: images.toSorted((one, other) => (one.image_id < other.image_id ? 1 : -1)) };
}

/** The images that match `query`, in its order. */
export function matching(images: readonly Image[], query: Query): Image[] {
  const tags = [query['tag'] ?? []].flat().map(String);
  const from = query['start_date'] === undefined ? '' : instant(String(query['start_date']), 'T00:00:00.000Z');
  const to = query['end_date'] === undefined ? '~' : instant(String(query['end_date']), 'T23:59:59.999Z');
  const matches = images.filter((image) => {
    const carried = tags.map((tag) => image.tags.includes(tag));
    const isTagged = query['tag_mode'] === 'any' && tags.length > 0 ? carried.includes(true) : !carried.includes(false);
    const isTyped = query['content_type'] === undefined || query['content_type'] === image.content_type;
    return isTagged && isTyped && image.created_at >= from && image.created_at <= to;
  });
  return query['order'] === 'oldest' ? matches.toReversed() : matches;
}

const instant = (date: string, rest: string): string => (date.length === 10 ? `${date}${rest}` : date);
