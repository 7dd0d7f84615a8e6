import type { ErrorCode } from '../../domain/errors.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import type { Operation } from '../route.ts';
import { WORK_PROBLEMS } from './problem.openapi.ts';

/** The headers of a redirect. */
export const TO_STORE = { Location: 'A presigned URL of the bytes.' };

/** The answers of a route that serves an original's bytes. */
export const BYTES_RESPONSES = {
  206: {
    description: 'The requested range.',
    headers: { 'Content-Range': 'The position of these bytes, and the total size.' },
    mediaTypes: MEDIA_TYPES,
  },
  302: { description: 'With `BYTES=redirect`: to a presigned URL of the store.', headers: TO_STORE },
  304: { description: "The client's copy is current." },
} as const satisfies Operation['responses'];

export const BYTES_PROBLEMS = [
  'image-not-found',
  'image-not-ready',
  'revision-conflict',
  'range-not-satisfiable',
  'original-lost',
  ...WORK_PROBLEMS,
] as const satisfies Operation['problems'];

/** The bytes have no revision that a client could expect. */
export const BYTES_DETAILS = {
  'revision-conflict': 'expected the bytes that If-Match or If-Unmodified-Since describes; got other bytes',
} as const satisfies Operation['details'];

export const RENDITION_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/avif'];

/** Problems of finding or making a rendition. */
export const MAKE_PROBLEMS = [
  'invalid-request',
  'image-not-found',
  'image-not-ready',
  'rendition-failed',
  'overloaded',
  'decoder-failed',
  'original-lost',
  'insufficient-storage',
] as const satisfies readonly ErrorCode[];

export const RENDER_PROBLEMS = [
  ...MAKE_PROBLEMS,
  'revision-conflict',
  'range-not-satisfiable',
] as const satisfies readonly ErrorCode[];
