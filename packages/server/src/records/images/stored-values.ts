import { parseAlbumId } from '../../domain/album/album-id.ts';
import type { AlbumMember } from '../../domain/album/album-member.ts';
import { parseAlbumPlace } from '../../domain/album/album-place.ts';
import { REJECTION_CODES, type RejectionCode } from '../../domain/errors.ts';
import type { FocalPoint } from '../../domain/image/focal-point.ts';
import type {
  Former,
  HeldImage,
  Image,
  Parts,
  Rejection,
  RenditionFailure,
  Replaced,
} from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import { type Decision, type GateDecision, isByPerson, type Screening } from '../../domain/image/screening.ts';
import { parseLinkId, type ShareLink } from '../../domain/image/share-link.ts';
import { VISIBILITIES, type Visibility } from '../../domain/image/visibility.ts';
import { WORKING_COPY_TYPES, type WorkingCopy } from '../../domain/image/working-copy.ts';
import { soundParams } from '../../domain/params-by-code.ts';
import { preview } from '../../text/preview.ts';
import { storedInteger, storedTime, unexpected } from '../stored-values.ts';

/** Parse the values of a stored record, whatever the store. Errors: TypeError, whose message holds no client text. */
export const storedId = (id: string): ImageId => parseImageId(id) ?? unexpected('an image id');

export const storedMediaType = (type: string): MediaType =>
  MEDIA_TYPES.find((accepted) => accepted === type) ?? unexpected('an accepted media type', preview(type));

const storedRejectionCode = (code: string): RejectionCode =>
  REJECTION_CODES.find((known) => known === code) ?? unexpected('a rejection code', preview(code));

/** `params`: JSON, or null. A record with others than today's is as readable as one without. */
export function storedRejection(code: string, detail: string, params: string | null): Rejection {
  const rejection = { code: storedRejectionCode(code), detail };
  const sound = params === null ? undefined : soundParams(rejection.code, parsedOrNull(params));
  return sound ? { ...rejection, params: sound } : rejection;
}

/** For what a record is readable without. */
export const parsedOrNull = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
};

export const storedTexts = (json: string, name: string): readonly string[] => {
  const texts = parsed(json);
  return isArrayOf(texts, isText) ? texts : unexpected(name);
};

export const storedMetadata = (json: string): Image['metadata'] => {
  const metadata = parsed(json);
  return isObject(metadata) ? (metadata as Image['metadata']) : unexpected('metadata');
};

export const storedFocalPoint = (json: string): FocalPoint => {
  const point = parsed(json);
  if (!isObject(point)) return unexpected('a focal point');
  const { x, y } = point;
  return isFraction(x) && isFraction(y) ? { x, y } : unexpected('a focal point');
};

/** The JSON that `storedFocalPoint` parses. */
export const focalPointJson = ({ x, y }: FocalPoint): string => JSON.stringify({ x, y });

const isFraction = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

export const storedVisibility = (visibility: string): Visibility =>
  VISIBILITIES.find((known) => known === visibility) ?? unexpected('a visibility', preview(visibility));

/** The id of the picture, and the hash of its bytes. */
export const storedReplaced = (text: string): Replaced => {
  const [id = '', sha256 = ''] = text.split(' ');
  return SHA256.test(sha256) ? { imageId: storedId(id), sha256 } : unexpected('a picture to replace', preview(text));
};

/** The text that `storedReplaced` parses. */
export const replacedText = ({ imageId, sha256 }: Replaced): string => `${imageId} ${sha256}`;

/** The length of a part, whether parts have checksums, and the store's id, if there is one. */
export const storedParts = (text: string): Parts => {
  const [partBytes = '', checksums, uploadId] = text.split(' ');
  return { partBytes: storedInteger(Number(partBytes)), checksums: checksums === 'sha256', uploadId: uploadId ?? null };
};

/** The text that `storedParts` parses. */
export const partsText = ({ partBytes, checksums, uploadId }: Parts): string =>
  [partBytes, checksums ? 'sha256' : '-', ...(uploadId === null ? [] : [uploadId])].join(' ');

/** Each has its album, its place by addition, and the one by hand if it has one. */
export const storedAlbums = (text: string): readonly AlbumMember[] =>
  text.split(',').map((one) => {
    const [id = '', added = '', moved] = one.split(':');
    return {
      albumId: parseAlbumId(id) ?? unexpected('the id of an album'),
      added: parseAlbumPlace(added) ?? unexpected('a place in an album'),
      moved: moved === undefined ? null : (parseAlbumPlace(moved) ?? unexpected('a place in an album')),
    };
  });

/** The text that `storedAlbums` parses. A conditional write compares it, so equal albums need equal text. */
export const albumsText = (albums: readonly AlbumMember[]): string =>
  albums.map(({ albumId, added, moved }) => [albumId, added, ...(moved === null ? [] : [moved])].join(':')).join(',');

export const storedLinks = (json: string): readonly ShareLink[] => {
  const links = parsed(json);
  if (!isArrayOf(links, isObject)) return unexpected('links');
  return links.map(({ id, preset, created, expires }) => ({
    id: (typeof id === 'string' ? parseLinkId(id) : undefined) ?? unexpected('the id of a link'),
    preset: preset === null || typeof preset === 'string' ? preset : unexpected('the preset of a link'),
    createdAt: storedTime(Number(created)),
    expiresAt: storedTime(Number(expires)),
  }));
};

/** The JSON that `storedLinks` parses. A conditional write compares it, so equal links need equal text. */
export const linksJson = (links: readonly ShareLink[]): string =>
  JSON.stringify(
    links.map(({ id, preset, createdAt, expiresAt }) => ({
      id,
      preset,
      created: createdAt.getTime(),
      expires: expiresAt.getTime(),
    })),
  );

export const storedFailures = (json: string): readonly RenditionFailure[] => {
  const failures = parsed(json);
  if (!isArrayOf(failures, isFailure)) return unexpected('failures of renditions');
  return failures.map(({ rendition, crashes, detail, crashedAt }) => ({ rendition, crashes, detail, crashedAt }));
};

/** The JSON that `storedFailures` parses. A conditional write compares it, so equal failures need equal text. */
export const failuresJson = (failures: readonly RenditionFailure[]): string =>
  JSON.stringify(
    failures.map(({ rendition, crashes, detail, crashedAt }) => ({ rendition, crashes, detail, crashedAt })),
  );

const isFailure = (value: unknown): value is RenditionFailure =>
  isObject(value) &&
  typeof value['rendition'] === 'string' &&
  typeof value['crashes'] === 'number' &&
  typeof value['detail'] === 'string' &&
  typeof value['crashedAt'] === 'string';

/**
 * null also for one in the form of a newer version, whose records this one doesn't change: renditions don't need it.
 */
export function storedWorkingCopy(json: string): WorkingCopy | null {
  const copy = parsedOrNull(json);
  if (!isObject(copy)) return null;
  const { sha256, bytes, type, width, height } = copy;
  const contentType = WORKING_COPY_TYPES.find((one) => one === type);
  if (!isText(sha256) || !SHA256.test(sha256) || !contentType) return null;
  if (!isCount(bytes) || !isCount(width) || !isCount(height)) return null;
  return { sha256, sizeBytes: bytes, contentType, width, height };
}

/** The JSON that `storedWorkingCopy` parses. A conditional write compares it, so equal copies need equal text. */
export const workingCopyJson = ({ sha256, sizeBytes: bytes, contentType: type, width, height }: WorkingCopy): string =>
  JSON.stringify({ sha256, bytes, type, width, height });

const SHA256 = /^[0-9a-f]{64}$/;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

export function storedScreening(json: string): Screening {
  const screening = parsed(json);
  if (!isObject(screening)) return unexpected('a screening');
  const { gates, passed, failures, ask, deadline, after } = screening;
  return {
    gates: isArrayOf(gates, isText) ? gates : unexpected('gates'),
    passed: isArrayOf(passed, isText) ? passed : unexpected('the gates that passed'),
    failures: storedInteger(Number(failures)),
    askAt: storedTime(Number(ask)),
    deadline: storedTime(Number(deadline)),
    atDeadline: after === 'pass' || after === 'refuse' ? after : unexpected('an end of the wait'),
  };
}

/**
 * The stored form of an image that was served before. The rest of its former state is stored as for a published one.
 */
export function storedFormer(
  json: string,
  was: Pick<Former, 'renditionFailures' | 'links' | 'workingCopy'>,
): Former | null {
  const screening = parsed(json);
  const former = isObject(screening) ? (screening['former'] ?? null) : unexpected('a screening');
  if (former === null) return null;
  if (!isObject(former)) return unexpected('what it was before');
  const { held, maintain, purge } = former;
  const serving = {
    ...was,
    heldAt: storedTime(Number(held)),
    maintainAt: maintain === null ? null : storedTime(Number(maintain)),
  };
  return purge === null
    ? { ...serving, status: 'ready' }
    : { ...serving, status: 'trashed', purgeAt: storedTime(Number(purge)) };
}

/** The JSON that `storedScreening` and `storedFormer` parse. */
export const screeningJson = ({ screening, former }: Pick<HeldImage, 'screening' | 'former'>): string => {
  const { gates, passed, failures, askAt, deadline, atDeadline } = screening;
  return JSON.stringify({
    gates,
    passed,
    failures,
    ask: askAt.getTime(),
    deadline: deadline.getTime(),
    after: atDeadline,
    ...(former && { former: formerJson(former) }),
  });
};

const formerJson = (former: Former) => ({
  held: former.heldAt.getTime(),
  maintain: former.maintainAt?.getTime() ?? null,
  purge: former.status === 'trashed' ? former.purgeAt.getTime() : null,
});

export const decisionsJson = (decisions: readonly Decision[]): string =>
  JSON.stringify(
    decisions.map((one) => ({
      gate: one.gate,
      by: one.by,
      verdict: one.verdict,
      at: one.at.getTime(),
      ...(one.privateReason !== null && { why: one.privateReason }),
      ...(isByPerson(one) && {
        actor: one.actor,
        sha256: one.sha256,
        ...(one.reason !== null && { told: one.reason }),
      }),
    })),
  );

export function storedDecisions(json: string): readonly Decision[] {
  const decisions = parsed(json);
  if (!isArrayOf(decisions, isObject)) return unexpected('decisions');
  return decisions.map(({ gate, by, verdict, at, why = null, actor, sha256, told = null }): Decision => {
    const decided = {
      gate: isText(gate) ? gate : unexpected('the gate of a decision'),
      verdict: verdict === 'pass' || verdict === 'refuse' ? verdict : unexpected('a verdict'),
      at: storedTime(Number(at)),
      privateReason: why === null || isText(why) ? why : unexpected('a private reason'),
    } as const;
    if (by !== 'person') return { ...decided, by: DECIDERS.find((one) => one === by) ?? unexpected('who decided') };
    return {
      ...decided,
      by: 'person',
      actor: isText(actor) ? actor : unexpected('an actor'),
      sha256: isText(sha256) ? sha256 : unexpected('the hash of a decision'),
      reason: told === null || isText(told) ? told : unexpected('a reason'),
    };
  });
}

const DECIDERS = ['gate', 'error', 'deadline', 'drop'] as const satisfies readonly GateDecision['by'][];

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isArrayOf = <Element>(value: unknown, isOne: (one: unknown) => one is Element): value is Element[] =>
  Array.isArray(value) && value.every(isOne);

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return unexpected('JSON'); // the parser's own message repeats a part of the text
  }
};
