import { hash } from 'node:crypto';
import type { FocalPoint } from '../image/focal-point.ts';
import type { Transform } from './transform.ts';
import { canonicalTransform } from './transform-parameters.ts';

const VERSION_LENGTH = 10;

/**
 * The version in immutable URLs. It changes with the transform, the encoder, and the focal point if the transform uses
 * it.
 */
export const renditionVersion = (transform: Transform, encoder: string, focalPoint: FocalPoint | null): string => {
  const made = `${encoder}\n${canonicalTransform(transform)}`;
  const around = transform.position === 'focal' && focalPoint ? `\n${focalPoint.x},${focalPoint.y}` : '';
  return hash('sha256', `${made}${around}`).slice(0, VERSION_LENGTH);
};
