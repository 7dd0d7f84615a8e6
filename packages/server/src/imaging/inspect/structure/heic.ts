import type { Rejection } from '../../../domain/image/image.ts';
import type { Limits } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';

/** Walks the structure of a HEIC. */
export function refuseHeic(_file: ByteWindow, _limits: Limits): Rejection | undefined {
  return undefined;
}
