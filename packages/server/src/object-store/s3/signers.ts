import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import type { PresignGetOptions } from '../presigner.ts';
import { signedAsOf } from '../signing/signing-window.ts';
import { createSigner, type Signer } from '../signing/sigv4.ts';
import { onS3 } from './s3-fault.ts';

/** Signers with the current credentials: those of a role are renewed from time to time. */
export interface Signers {
  /** For a URL of `expiresInSeconds` from `now`, or fewer if the credentials expire earlier. */
  until(
    asked: Pick<PresignGetOptions, 'expiresInSeconds' | 'windowSeconds'>,
  ): Promise<{ signer: Signer; now: Date; expiresInSeconds: number }>;
}

export function createSigners(options: {
  readonly client: S3Client;
  readonly region: string;
  readonly clock: { now(): Date };
}): Signers {
  const { client, region, clock } = options;
  let last:
    | { readonly accessKeyId: string; readonly sessionToken: string | undefined; readonly signer: Signer }
    | undefined;

  return {
    async until(asked) {
      // The SDK caches them, and renews them some minutes before they expire.
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await onS3(client.config.credentials());
      if (last?.accessKeyId !== accessKeyId || last.sessionToken !== sessionToken) {
        const credentials = { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
        last = { accessKeyId, sessionToken, signer: createSigner({ credentials, region }) };
      }
      const secondsTo = (time: Date) =>
        expiration === undefined ? asked.expiresInSeconds : Math.floor((expiration.getTime() - time.getTime()) / 1000);
      const now = clock.now();
      if (secondsTo(now) < 1)
        throw new AppError('unavailable', 'expected valid credentials for the store; got expired ones');
      const begin = signedAsOf(now, asked);
      return { signer: last.signer, now: begin, expiresInSeconds: Math.min(asked.expiresInSeconds, secondsTo(begin)) };
    },
  };
}
