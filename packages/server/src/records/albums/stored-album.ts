import { type Album, type AlbumDeletion, albumForgottenAt } from '../../domain/album/album.ts';
import { parseAlbumId } from '../../domain/album/album-id.ts';
import {
  ALBUM_RIGHTS,
  type AlbumLink,
  type ContributionTerms,
  parseLinkRevision,
} from '../../domain/album/album-link.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { parseLinkId } from '../../domain/image/share-link.ts';
import { LIST_ORDERS } from '../../domain/lists/list-position.ts';

/** A record as both stores keep it. */
export interface StoredAlbum {
  readonly id: string;
  readonly userId: string;
  readonly version: number;
  /** JSON of the rest; times are ISO 8601. */
  readonly album: string;
  readonly state: AlbumState;
  /** Milliseconds since 1970; null: not yet. */
  readonly forgetAt: number | null;
}

/** `deleting`: images are left in it. */
export type AlbumState = 'shown' | 'deleting' | 'deleted';

export function toStoredAlbum(album: Album): StoredAlbum {
  const { id, userId, version, links, ...others } = album;
  const rest = { ...others, links: links.map(storedLink) };
  const forgetAt = albumForgottenAt(album)?.getTime() ?? null;
  return { id, userId, version, album: JSON.stringify(rest), state: stateOf(album), forgetAt };
}

/** Most links take nothing from guests: fifty would make the record 3 KB larger. */
function storedLink(link: AlbumLink): object {
  const { maxImages, maxBytes, contentTypes, approve, ...others } = link;
  return {
    ...others,
    ...(maxImages !== null && { maxImages }),
    ...(maxBytes !== null && { maxBytes }),
    ...(contentTypes !== null && { contentTypes }),
    ...(approve && { approve }),
  };
}

function stateOf({ deletion }: Album): AlbumState {
  if (!deletion) return 'shown';
  return deletion.finishedAt ? 'deleted' : 'deleting';
}

/** Errors: TypeError, which names no value. */
export function fromStoredAlbum({ id, userId, version, album }: Omit<StoredAlbum, 'state' | 'forgetAt'>): Album {
  const read = parsed(album);
  return {
    id: parseAlbumId(id) ?? unexpected('an id'),
    userId,
    title: textIn(read['title'], 'a title'),
    description: read['description'] === null ? null : textIn(read['description'], 'a description'),
    cover: read['cover'] === null ? null : (parseImageId(textIn(read['cover'], 'a cover')) ?? unexpected('a cover')),
    order: LIST_ORDERS.find((order) => order === read['order']) ?? unexpected('an order'),
    createdAt: timeIn(read['createdAt']),
    updatedAt: timeIn(read['updatedAt']),
    revision: countIn(read['revision']),
    version: countIn(version),
    contributedAt: (read['contributedAt'] ?? null) === null ? null : timeIn(read['contributedAt']),
    links: listIn(read['links'] ?? []).map(linkIn),
    deletion: read['deletion'] === null ? null : deletionIn(read['deletion']),
  };
}

function linkIn(value: unknown): AlbumLink {
  const link = objectIn(value);
  const { id, revision, createdAt, expiresAt, allow, originals, card, password } = link;
  return {
    id: parseLinkId(textIn(id, 'the id of a link')) ?? unexpected('the id of a link'),
    revision: parseLinkRevision(textIn(revision, 'a revision')) ?? unexpected('a revision'),
    createdAt: timeIn(createdAt),
    expiresAt: timeIn(expiresAt),
    allow: listIn(allow).map((right) => ALBUM_RIGHTS.find((one) => one === right) ?? unexpected('a right')),
    originals: originals === true,
    card: card === true,
    password: password === null ? null : textIn(password, 'a password'),
    ...contributionsIn(link),
  };
}

/** Most links have none of these. */
function contributionsIn({
  maxImages = null,
  maxBytes = null,
  contentTypes = null,
  approve = false,
}: Readonly<Record<string, unknown>>): ContributionTerms {
  const typeIn = (value: unknown) => MEDIA_TYPES.find((one) => one === value) ?? unexpected('a type');
  return {
    maxImages: maxImages === null ? null : countIn(maxImages),
    maxBytes: maxBytes === null ? null : countIn(maxBytes),
    contentTypes: contentTypes === null ? null : listIn(contentTypes).map(typeIn),
    approve: approve === true,
  };
}

function deletionIn(value: unknown): AlbumDeletion {
  const { startedAt, withImages, done, failed, finishedAt } = objectIn(value);
  return {
    startedAt: timeIn(startedAt),
    withImages: withImages === true,
    done: countIn(done),
    failed: countIn(failed),
    finishedAt: finishedAt === null ? null : timeIn(finishedAt),
  };
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    return objectIn(JSON.parse(json));
  } catch {
    return unexpected('JSON'); // the parser's own message repeats a part of the text
  }
}

const objectIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : unexpected('an object');

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : unexpected('a list'));

const textIn = (value: unknown, expected: string): string => (typeof value === 'string' ? value : unexpected(expected));

const countIn = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : unexpected('a number');

function timeIn(value: unknown): Date {
  const time = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(time.getTime()) ? unexpected('a time') : time;
}

const unexpected = (expected: string): never => {
  throw new TypeError(`expected ${expected} in the record of an album; got something else`);
};
