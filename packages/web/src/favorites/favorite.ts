import type { Picture } from '../library/library.ts';

/** The tag of favorites. */
export const FAVORITE = 'favorite';

export const isFavorite = ({ tags }: Pick<Picture, 'tags'>): boolean => tags?.includes(FAVORITE) === true;

/** The picture as a favorite, or as none. Its other tags stay. */
export function withFavorite(picture: Picture, isOne: boolean): Picture {
  const others = (picture.tags ?? []).filter((tag) => tag !== FAVORITE);
  return { ...picture, tags: isOne ? [...others, FAVORITE] : others };
}
