import { hash } from 'node:crypto';
import type { Transform } from './transform.ts';
import { canonicalTransform } from './transform-parameters.ts';

const VERSION_LENGTH = 10;

/** Stands in URLs that are kept for good: another one, once the transform or what encodes it is another. */
export const renditionVersion = (transform: Transform, encoder: string): string =>
  hash('sha256', `${encoder}\n${canonicalTransform(transform)}`).slice(0, VERSION_LENGTH);
