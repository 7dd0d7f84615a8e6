import { hash } from 'node:crypto';
import type { Transform } from './transform.ts';
import { canonicalTransform } from './transform-parameters.ts';

const VERSION_LENGTH = 10;

/** The version in immutable URLs. It changes with the transform and with the encoder. */
export const renditionVersion = (transform: Transform, encoder: string): string =>
  hash('sha256', `${encoder}\n${canonicalTransform(transform)}`).slice(0, VERSION_LENGTH);
