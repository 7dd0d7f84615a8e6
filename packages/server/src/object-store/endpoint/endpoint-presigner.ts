import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { Presigner } from '../presigner.ts';
import type { ReceivedForm } from '../signing/post-policy.ts';
import {
  presignGetObject,
  presignPartObject,
  presignPostObject,
  presignPutObject,
} from '../signing/presigned-object.ts';
import { signedAsOf } from '../signing/signing-window.ts';
import { type Credentials, createSigner } from '../signing/sigv4.ts';
import { createVerifier, type ReceivedRequest, type Verdict } from '../signing/sigv4-verify.ts';
import { createFormVerifier, type FormVerdict } from './form-verify.ts';

/** Presigns requests that the service's own endpoint answers, and verifies those it receives. */
export interface EndpointPresigner extends Presigner {
  /** Whether a request was presigned here and hasn't expired. */
  verify(request: ReceivedRequest): Verdict;
  /** Whether the fields of a form before its file were presigned here and haven't expired. */
  verifyForm(form: ReceivedForm): FormVerdict;
}

export interface EndpointPresignerOptions {
  readonly bucket: string;
  /** Derived from the service's own secrets. The first one signs; all of them verify. */
  readonly credentials: readonly [Credentials, ...Credentials[]];
  readonly region: string;
  readonly clock: { now(): Date };
}

/** The base URL of the endpoint; the bucket and the key follow. */
export const OBJECTS_PATH = '/objects/';

export function createEndpointPresigner(options: EndpointPresignerOptions): EndpointPresigner {
  const { bucket, credentials, region, clock } = options;
  const signer = createSigner({ credentials: credentials[0], region });
  const verifier = createVerifier({ credentials, region });
  const formVerifier = createFormVerifier({ credentials, region });
  const address = (origin: string, key: ObjectKey) => ({ origin, path: `${OBJECTS_PATH}${bucket}/${key}` });

  return {
    capabilities: { conditionalWrites: true, checksums: true, postPolicy: true, headerSigning: true },
    verify: (request) => verifier.verify(request, clock.now()),
    verifyForm: (form) => formVerifier.verify(form, clock.now()),

    async presignPut(key, asked) {
      const signing = { signer, address: address(asked.publicOrigin, key), now: clock.now() };
      return presignPutObject(signing, { ...asked, tellsLength: true });
    },

    async presignPart(key, asked) {
      const signing = { signer, address: address(asked.publicOrigin, key), now: clock.now() };
      return presignPartObject(signing, { ...asked, tellsLength: true });
    },

    async presignPost(key, asked) {
      const url = `${asked.publicOrigin}${OBJECTS_PATH}${bucket}`;
      return presignPostObject({ signer, url, bucket, key, now: clock.now() }, asked);
    },

    async presignGet(key, asked) {
      const now = signedAsOf(clock.now(), asked);
      return presignGetObject({ signer, address: address(asked.publicOrigin, key), now }, asked);
    },

    originOf: (publicOrigin) => publicOrigin,
  };
}
