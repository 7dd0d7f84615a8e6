import { actorOf, keyspaceOf, ownerOf, tokenOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { maxBytesOfUpload, requireWithin } from '../../domain/access/upload-bounds.ts';
import { markOf, useOf } from '../../domain/access/upload-token.ts';
import { invalidField, uploadTooLarge } from '../../domain/errors.ts';
import {
  extend,
  type Image,
  type PendingImage,
  pendingImage,
  type ReadyImage,
  type UploadDescription,
} from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { incomingKeyOf } from '../../domain/image/object-key.ts';
import { allGates, OWNER_GATE, REPLACE_GATE } from '../../domain/image/screening.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { PresignedPost, PresignedRequest } from '../../object-store/presigner.ts';
import type { Services } from '../../services.ts';
import { namingHolder } from '../images/name-holder.ts';
import { fingerprint } from './fingerprint.ts';
import { firstEndOfParts, type GrantedParts, grantParts, type PartsAsked, partsFor } from './grant-parts.ts';
import {
  fingerprintedExternalId,
  fingerprintedVisibility,
  finishedUse,
  requireSameRequest,
  requireSeen,
} from './idempotency.ts';
import { type IfExists, namedToReplace, replaceable, replacingOf } from './replaceable.ts';
import { requireDecoded } from './require-decoded.ts';

export interface CreateUploadInput extends UploadDescription {
  /** The header that the client will send: an accepted type, or `image/jpg`. */
  readonly contentType: string;
  readonly method: 'PUT' | 'POST';
  /** Exact size in bytes; if given, the store accepts no other length. */
  readonly sizeBytes: number | undefined;
  /** Lower-case hex; if given, the store accepts no other bytes. PUT only. */
  readonly sha256: string | undefined;
  /** Its bytes arrive in parts; undefined: in one request. PUT only, with a size. */
  readonly parts?: PartsAsked | undefined;
  readonly idempotencyKey: string | undefined;
  readonly publicOrigin: string;
  /** The id of the picture in whose place the bytes are to be; undefined: they are one of their own. */
  readonly replaces?: string | undefined;
  readonly ifExists?: IfExists | undefined;
  /** The album to which a guest adds the image. */
  readonly contribution?: Contribution;
}

export interface Contribution extends Pick<PendingImage, 'guestName' | 'albums'> {
  /** Whether the owner of the album decides about it at last. */
  readonly approve: boolean;
}

export interface Grant {
  readonly image: Image;
  /** How the bytes are to be sent. */
  readonly method: CreateUploadInput['method'];
  /** null if the upload of this Idempotency-Key is no longer pending, or in parts. */
  readonly request: PresignedRequest | PresignedPost | null;
  /** null if it isn't in parts, or no longer pending. */
  readonly parts: GrantedParts | null;
}

export type CreateServices = Pick<
  Services,
  | 'images'
  | 'objects'
  | 'multipart'
  | 'presigner'
  | 'jobs'
  | 'diskSpace'
  | 'gates'
  | 'clock'
  | 'newId'
  | 'settings'
  | 'tracing'
>;

/**
 * Grants one upload: a pending record, and a URL that accepts bytes of this type. Errors: `invalid-request`,
 * `upload-too-large`, `upload-token-used-up`, `external-id-taken`, `idempotency-conflict`, `insufficient-storage`,
 * `unavailable`.
 */
export async function createUpload(services: CreateServices, access: Access, input: CreateUploadInput): Promise<Grant> {
  const token = tokenOf(access);
  const userId = ownerOf(access);
  requireWithin(token, input);
  requireDecoded(services.settings, input.contentType);
  const { maxUploadBytes, grantRequiresSize, keepsObjects } = services.settings;
  const maxBytes = maxBytesOfUpload(maxUploadBytes, { ...input, token });
  if (grantRequiresSize && input.sizeBytes === undefined) {
    throw invalidField('/size', 'expected the size of the upload in bytes; got nothing');
  }
  if (input.sizeBytes !== undefined && input.sizeBytes > maxBytes) {
    const detail = `expected at most ${maxBytes} bytes; got ${input.sizeBytes}`;
    throw uploadTooLarge(maxBytes, input.sizeBytes, { errors: [{ pointer: '/size', detail }] });
  }
  if (input.method === 'POST' && !services.presigner.capabilities.postPolicy) {
    throw invalidField('/method', 'expected "PUT", since this store takes no forms; got "POST"');
  }
  await services.diskSpace.require(keepsObjects ? (input.sizeBytes ?? 0) : 0, 'reserve');
  const replaced = await (input.replaces === undefined
    ? namedToReplace(services, access, input)
    : replaceable(services, access, input.replaces));
  const mark = token ? markOf(token) : null;
  const id = services.newId() as ImageId;
  const now = services.clock.now();
  const uploadedBy = actorOf(access);
  const promised = { sizeBytes: input.sizeBytes ?? null, sha256: input.sha256 ?? null };
  const parts = input.parts ? partsFor(services, input.parts, input.sizeBytes) : null;
  const request = parts ? null : await presign(services, { userId, id, uploadedBy, token: mark }, input);
  const reservedBytes = Math.min(input.sizeBytes ?? maxUploadBytes, maxBytes);
  const upload = {
    expiresAt: request?.expiresAt ?? firstEndOfParts(now),
    claim: null,
    isDirect: false,
    uploadedBy,
    token: mark,
    promised,
    parts,
    reservedBytes,
    replaces: replaced && replacingOf(replaced).replaces,
    gates: gatesOf(services, { ...input, replaced }),
    trace: services.tracing.current(),
    ...input.contribution,
  };
  const described = replaced ? { ...input, ...replacingOf(replaced), filename: input.filename } : input;
  const image = pendingImage({ ...described, id, userId }, now, upload);
  const use = token && useOf(token);
  const naming = <Result>(work: () => Promise<Result>) => namingHolder(services, { access, ...input }, work);
  if (input.idempotencyKey === undefined) {
    if (!(await naming(() => services.images.create(image, use)))) throw new Error(`new image id ${id} is taken`);
    return granted(services, image, { ...input, request });
  }

  const keyspace = keyspaceOf(access);
  const keyed = { userId, key: input.idempotencyKey, keyspace, fingerprint: fingerprintOf(input), imageId: id };
  const standing = await naming(() => services.images.useKey(finishedUse(keyed, now), now, image, use));
  if (!standing) return granted(services, image, { ...input, request });
  requireSameRequest(standing, keyed);
  return replay(services, access, standing.imageId, input);
}

const gatesOf = (
  { gates }: Pick<CreateServices, 'gates'>,
  { contribution, replaced }: Pick<CreateUploadInput, 'contribution'> & { readonly replaced: ReadyImage | null },
): readonly string[] =>
  allGates(
    gates.map(({ name }) => name),
    contribution?.approve ? [OWNER_GATE] : [],
    replaced ? [REPLACE_GATE] : [],
  );

async function granted(
  services: CreateServices,
  image: PendingImage,
  { method, publicOrigin, request }: Pick<CreateUploadInput, 'method' | 'publicOrigin'> & Pick<Grant, 'request'>,
): Promise<Grant> {
  const parts = image.parts && (await grantParts(services, image, { publicOrigin }));
  return { image: parts?.image ?? image, method, request, parts };
}

/** A replay of a pending upload gets a new URL; later it gets the image's state only. */
function replay(services: CreateServices, access: Access, id: ImageId, input: CreateUploadInput): Promise<Grant> {
  const { method } = input;
  return retryWhileChanged(async () => {
    const image = await services.images.get(id);
    if (!image) throw new Error(`image ${id} of an Idempotency-Key has no record`);
    requireSeen(access, image);
    if (image.status !== 'pending') return { image, method, request: null, parts: null };
    if (image.parts) return granted(services, image, { ...input, request: null });
    const request = await presign(services, image, input);
    const extended = extend(image, request.expiresAt);
    return (await services.images.replace(image, extended))
      ? { image: extended, method, request, parts: null }
      : CHANGED;
  });
}

function presign(
  { presigner, settings }: CreateServices,
  { userId, id, uploadedBy, token }: Pick<PendingImage, 'userId' | 'id' | 'uploadedBy' | 'token'>,
  { publicOrigin, contentType, method, sizeBytes, sha256 }: CreateUploadInput,
): Promise<PresignedRequest | PresignedPost> {
  const key = incomingKeyOf({ userId, id, uploadedBy, token });
  const options = { publicOrigin, contentType, expiresInSeconds: settings.presignedSeconds };
  if (method === 'PUT') return presigner.presignPut(key, { ...options, sizeBytes, sha256 });
  const [minBytes, maxBytes] =
    sizeBytes === undefined
      ? [1, maxBytesOfUpload(settings.maxUploadBytes, { contentType, token })]
      : [sizeBytes, sizeBytes];
  return presigner.presignPost(key, { ...options, minBytes, maxBytes });
}

const fingerprintOf = (input: CreateUploadInput): string => {
  const { contentType, filename, tags, description, metadata, method, sizeBytes, sha256 } = input;
  const described = { contentType, filename, tags, description, metadata, method, sizeBytes, sha256 };
  return fingerprint({
    form: 'grant',
    ...described,
    ...fingerprintedVisibility(input),
    ...fingerprintedExternalId(input),
    ...(input.replaces !== undefined && { replaces: input.replaces }),
    ...(input.ifExists !== undefined && { ifExists: input.ifExists }),
    // The size of parts is a proposal, by the network of the moment: the first one stays.
    ...(input.parts && { parts: true }),
    ...(input.contribution && { guestName: input.contribution.guestName }),
  });
};
