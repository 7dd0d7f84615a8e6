import type { Image, Json, ReadyImage } from '../image/image.ts';

/** Each filter that an image has a value of costs its transitions two write units (docs/capacity.md). */
export const MAX_FILTERS = 3;
export const MAX_FILTER_NAME = 40;
/** In UTF-8: a value is a part of a key. */
export const MAX_VALUE_BYTES = 100;

/** A member of an image's own metadata, and its value. */
export interface MetadataFilter {
  readonly name: string;
  readonly value: string;
}

const NAME = new RegExp(`^[A-Za-z0-9_-]{1,${MAX_FILTER_NAME}}$`);

/** The names in a comma-separated list, sorted; undefined: they aren't at most `MAX_FILTERS` different names. */
export function parseFilterNames(text: string): readonly string[] | undefined {
  if (text === '') return [];
  const names = text.split(',').map((name) => name.trim());
  const isValid = names.length <= MAX_FILTERS && names.every((name) => NAME.test(name));
  return isValid && new Set(names).size === names.length ? names.toSorted() : undefined;
}

/** Whether lists by a filter find a value: a lone surrogate would become another character in a store. */
export const isFilterValue = (value: Json | undefined): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_VALUE_BYTES && value.isWellFormed();

const memberOf = ({ metadata }: Pick<Image, 'metadata'>, name: string): Json | undefined =>
  Object.hasOwn(metadata, name) ? metadata[name] : undefined;

/** The rows by which lists find an image: a ready one has a row for each name in `filteredBy` with a value. */
export const filterRowsOf = (image: Image | undefined): readonly MetadataFilter[] =>
  image?.status === 'ready' ? rowsBy(image, image.filteredBy) : [];

const rowsBy = (image: ReadyImage, names: readonly string[]): readonly MetadataFilter[] =>
  names.flatMap((name) => {
    const value = memberOf(image, name);
    return isFilterValue(value) ? [{ name, value }] : [];
  });

/** Whether the image has the rows that `names` ask for. */
export const hasRowsBy = (image: ReadyImage, names: readonly string[]): boolean =>
  JSON.stringify(filterRowsOf(image)) === JSON.stringify(rowsBy(image, names));

/** Whether the metadata of the image has all of these values. */
export const hasMetadata = (image: Pick<Image, 'metadata'>, filters: readonly MetadataFilter[]): boolean =>
  filters.every(({ name, value }) => memberOf(image, name) === value);
