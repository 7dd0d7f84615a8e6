import { hash } from 'node:crypto';
import type { Recipe } from './recipe.ts';

/** What a rendition is made of, besides its recipe. */
export interface MadeOf {
  /** Of the original. */
  readonly sha256: string;
  /** `Imaging.encoder`: another one may make other bytes. */
  readonly encoder: string;
}

/** The last part of a rendition's object key: 128 bits of SHA-256 over all that decides its bytes. */
export const renditionName = (recipe: Recipe, { sha256, encoder }: MadeOf): string =>
  hash('sha256', JSON.stringify({ encoder, recipe, sha256 }, sorted)).slice(0, 32);

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;
