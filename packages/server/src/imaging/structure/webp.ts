import type { Rejection } from '../../domain/image.ts';
import type { Limits } from '../limits.ts';
import type { ByteWindow } from './byte-window.ts';

export function refuseWebp(_file: ByteWindow, _limits: Limits): Rejection | undefined {
  return undefined;
}
