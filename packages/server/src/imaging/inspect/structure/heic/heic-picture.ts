import type { Rejection } from '../../../../domain/image/image.ts';
import type { Limits } from '../../../limits.ts';
import type { ByteWindow } from '../byte-window.ts';
import { findMeta, HEIC_FILE, readAll, refuseExtents } from '../heif-file.ts';
import { type Meta, readMeta, UnsoundMeta } from '../heif-meta.ts';
import { unsound } from '../rejection.ts';
import { readPictures } from './heic-items.ts';
import { HeicRejected } from './heic-rejection.ts';
import type { HeicPicture } from './heic-source.ts';

/**
 * libheif reads at most 1,000 items and 101 properties. A 48 MP grid has 192 tiles and as many of alpha or a gain map;
 * a burst has some hundred pictures, each with its own `hvcC` box and a thumbnail.
 */
const BOUNDS = { maxItems: 1_000, maxProperties: 2_000, maxExtents: 32, maxAssociations: 10_000 } as const;

/**
 * Walks the items that a decoder decodes for the primary picture. Throws the system's error if the file can't be read.
 */
export function readHeicPicture(file: ByteWindow, limits: Limits): HeicPicture | Rejection {
  const found = findMeta(file, limits, HEIC_FILE);
  if ('detail' in found) return found;
  try {
    const meta = withoutUnreadData(readMeta(readAll(file, found), BOUNDS));
    return refuseExtents(file, meta, HEIC_FILE) ?? readPictures(file, meta, limits);
  } catch (error) {
    if (error instanceof HeicRejected) return error.rejection;
    if (error instanceof UnsoundMeta) return unsound(`expected a HEIC with ${error.message}`);
    throw error;
  }
}

/** An `iden` item has no data; files say so in several ways. */
function withoutUnreadData(meta: Meta): Meta {
  const extents = new Map([...meta.extents].filter(([id]) => meta.items.get(id)?.type !== 'iden'));
  return { ...meta, extents };
}
