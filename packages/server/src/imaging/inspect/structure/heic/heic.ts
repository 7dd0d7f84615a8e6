import type { Rejection } from '../../../../domain/image/image.ts';
import type { Limits } from '../../../limits.ts';
import type { ByteWindow } from '../byte-window.ts';
import { readHeicPicture } from './heic-picture.ts';

/**
 * Walks the boxes of a file and the headers of its HEVC pictures. Decoders show gray or green where slices are missing,
 * and decode every frame of an item. Damage within entropy-coded data is invisible: any bits are a picture.
 */
export function refuseHeic(file: ByteWindow, limits: Limits): Rejection | undefined {
  const picture = readHeicPicture(file, limits);
  return 'detail' in picture ? picture : undefined;
}
