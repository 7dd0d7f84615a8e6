import { hash } from 'node:crypto';
import type { FocalPoint } from '../image/focal-point.ts';
import type { ImageId } from '../image/image-id.ts';
import type { Transform } from './transform.ts';
import { canonicalTransform } from './transform-parameters.ts';

const VERSION_LENGTH = 10;

/** Inputs of a version besides its transform. */
interface VersionOf {
  readonly encoder: string;
  readonly focalPoint: FocalPoint | null;
  /** The image of the transform's watermark, whose bytes never change; null: it has none. */
  readonly markId: ImageId | null;
  /** The hash of bytes that took the place of others; absent: the image has those of its upload. */
  readonly sha256?: string | undefined;
}

/**
 * The version in immutable URLs. It changes with the transform, the encoder, the image of the watermark, the focal
 * point if the transform uses it, and the bytes if they were replaced.
 */
export const renditionVersion = (transform: Transform, { encoder, focalPoint, markId, sha256 }: VersionOf): string => {
  const made = `${encoder}\n${canonicalTransform(transform)}`;
  const around = transform.position === 'focal' && focalPoint ? `\n${focalPoint.x},${focalPoint.y}` : '';
  const marked = markId === null ? '' : `\n${markId}`;
  const replaced = sha256 === undefined ? '' : `\n${sha256}`;
  return hash('sha256', `${made}${around}${marked}${replaced}`).slice(0, VERSION_LENGTH);
};
