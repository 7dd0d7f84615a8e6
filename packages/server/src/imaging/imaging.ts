import type { Rejection, Verified } from '../domain/image.ts';
import type { MediaType } from '../domain/media-type.ts';

/** Everything that looks inside image bytes; it happens in other processes, which may die of them. */
export interface Imaging extends AsyncDisposable {
  /**
   * Looks at the file's signature, header and pixels. Bytes that aren't a sound image of the declared type are
   * `refused`. Errors: `decoder-failed` when the decoder died of them or took too long; `overloaded` when too many wait;
   * `unavailable` when that says nothing about the bytes: the file can't be read, no process starts, the service stops.
   */
  inspect(path: string, declaredType: MediaType): Promise<Inspection>;
}

export type Inspection =
  | { readonly outcome: 'sound'; readonly image: Omit<Verified, 'sizeBytes' | 'sha256'> }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };
