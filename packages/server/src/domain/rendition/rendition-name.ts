import { hash } from 'node:crypto';
import type { Recipe } from './recipe.ts';

/** Inputs of a rendition besides its recipe. */
export interface MadeOf {
  /** The original's SHA-256. */
  readonly sha256: string;
  /** `Imaging.encoder`: another encoder may make other bytes. */
  readonly encoder: string;
}

/** Fields that recipes got later. A name omits those that are null, so that earlier renditions keep their names. */
const ADDED_FIELDS: readonly string[] = [
  'pixelate',
  'colors',
  'radius',
  'maxBytes',
  'trim',
  'watermark',
] satisfies readonly (keyof Recipe)[];

/** The last part of a rendition's object key: 128 bits of SHA-256 over all inputs. */
export const renditionName = (recipe: Recipe, { sha256, encoder }: MadeOf): string =>
  hash('sha256', JSON.stringify({ encoder, recipe: named(recipe), sha256 }, sorted)).slice(0, 32);

const named = (recipe: Recipe): object =>
  Object.fromEntries(
    Object.entries(recipe).filter(([field, value]) => value !== null || !ADDED_FIELDS.includes(field)),
  );

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;
