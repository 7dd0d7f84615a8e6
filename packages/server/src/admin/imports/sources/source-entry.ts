import type { SourceEntry } from '../import-source.ts';
import type { SourceFile } from './source-files.ts';

/** Who says when pictures were taken: they themselves, or another, for those of which it has a date. */
export const DATES_FROM = ['picture', 'sidecar', 'table'] as const;
export type DateFrom = (typeof DATES_FROM)[number];

/** An image of which only its file is known. */
export const entryOfFile = ({ path, sizeBytes, modifiedAt, filename }: SourceFile, userId: string): SourceEntry => ({
  path,
  userId,
  at: modifiedAt,
  sizeBytes,
  contentType: null,
  description: { filename: filename ?? filenameOf(path) },
  takenAt: null,
  focalPoint: null,
  formerId: null,
  id: null,
});

const MAX_LENGTH = 255;

/** The base name as an image may have it: without control characters, and those that reorder the display. */
function filenameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toWellFormed();
  return [...name.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '_')].slice(0, MAX_LENGTH).join('');
}
