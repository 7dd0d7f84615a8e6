import type { Rejection } from '../../../domain/image/image.ts';
import type { MediaType } from '../../../domain/image/media-type.ts';
import type { Limits } from '../../limits.ts';
import { refuseAvif } from './avif.ts';
import { type ByteWindow, openByteWindow } from './byte-window.ts';
import { refuseGif } from './gif.ts';
import { refuseJpeg } from './jpeg.ts';
import { refusePng } from './png.ts';
import { refuseWebp } from './webp.ts';

/** Walks a file of one type, whose signature has been checked. */
type Walk = (file: ByteWindow, limits: Limits) => Rejection | undefined | Promise<Rejection | undefined>;

/** Those of many modules are loaded with the first file of their type: a decoder starts sooner. */
const WALKS = {
  'image/jpeg': refuseJpeg,
  'image/png': refusePng,
  'image/webp': refuseWebp,
  'image/gif': refuseGif,
  'image/avif': refuseAvif,
  'image/heic': async (file, limits) => (await import('./heic/heic.ts')).refuseHeic(file, limits),
  'image/tiff': async (file, limits) => (await import('./tiff/tiff.ts')).refuseTiff(file, limits),
} as const satisfies Record<MediaType, Walk>;

/**
 * Rejects a file by its structure before a decoder reads it. Decoders accept missing data, and only a walk knows the
 * counts that bound a decode's cost. Throws the system's own error if the file can't be read.
 */
export async function refuseStructure(path: string, type: MediaType, limits: Limits): Promise<Rejection | undefined> {
  using file = openByteWindow(path);
  return await WALKS[type](file, limits); // the file stays open meanwhile
}
