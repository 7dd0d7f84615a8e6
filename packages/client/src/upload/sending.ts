import type { SafelightError } from '../errors.ts';
import type { Retries } from '../http/retry.ts';
import type { AcceptedTypes } from './accepted-types.ts';
import type { Digest } from './hash.ts';
import type { Pace } from './pace.ts';
import type { Send } from './send.ts';
import type { GrantRequest, UploadRoute } from './upload-route.ts';

export interface UploadServices extends Retries {
  readonly route: UploadRoute;
  /** The URL of the service. */
  readonly baseUrl: string;
  readonly send: Send;
  readonly digest: Digest;
  readonly typeOf: AcceptedTypes['typeOf'];
  readonly memory: PartsMemory;
}

/** What the uploads in parts of a client have told about its service and its network. */
export interface PartsMemory {
  pace?: Pace;
  /** Bytes of the parts of the last upload. */
  partSize?: number;
  /** An older service, which has no parts. */
  isRefused?: boolean;
}

/** One file on its way. */
export interface Sending {
  readonly file: Blob;
  readonly signal?: AbortSignal | undefined;
  /** The image of an earlier grant, perhaps in parts. */
  readonly continues?: string | undefined;
  /** The image of a grant in one piece, whose PUT was cut: it may have arrived. */
  readonly former?: string | undefined;
  /** Called with the fraction that has arrived before. */
  readonly onResumed?: ((fraction: number) => void) | undefined;
  /** The request for a grant in one piece. A repeat gives a new URL if the upload still needs its bytes. */
  readonly grant: Omit<GrantRequest, 'signal'>;
  readonly onGranted: (imageId: string) => void;
  readonly onSent: (bytes: number) => void;
}

export interface Sent {
  /** The image id of the last grant. */
  readonly id: string;
  /** Undefined if the store took the bytes, or the service had them already. */
  readonly refused?: SafelightError | undefined;
}

/** The fraction of an upload whose bytes have left. */
export const SENT = 0.99;
