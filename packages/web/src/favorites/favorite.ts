import type { Picture } from '../library/library.ts';

/** The tag of favorites. */
export const FAVORITE = 'favorite';

export const isFavorite = ({ tags }: Pick<Picture, 'tags'>): boolean => tags?.includes(FAVORITE) === true;
