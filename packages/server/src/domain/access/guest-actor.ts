import { hash } from 'node:crypto';
import { type AlbumId, parseAlbumId } from '../album/album-id.ts';
import type { LinkId } from '../image/share-link.ts';
import type { ActorId } from './actor-id.ts';

/** A text that a guest's browser makes and keeps, 32 to 64 characters of base64url: who has it is that guest. */
export type GuestSecret = string;

const SECRET = /^[\w-]{32,64}$/;

/** undefined: the text is none. */
export const parseGuestSecret = (text: string): GuestSecret | undefined => (SECRET.test(text) ? text : undefined);

/** Who adds pictures to an album by one of its links. */
export interface GuestActor {
  readonly albumId: AlbumId;
  /** Names the guest to the owner of the album: with one secret, somebody is another guest by another link. */
  readonly guestId: string;
}

const PREFIX = 'guest';
/** 132 bits. */
const ID_LENGTH = 22;

/** `guest:<album>:<SHA-256 of link and secret>` */
export const guestActor = (albumId: AlbumId, linkId: LinkId, secret: GuestSecret): ActorId =>
  [PREFIX, albumId, hash('sha256', [linkId, secret].join(' '), 'base64url').slice(0, ID_LENGTH)].join(':');

/** undefined: the actor is no guest. */
export function guestIn(actor: ActorId | null): GuestActor | undefined {
  if (!actor?.startsWith(`${PREFIX}:`)) return undefined;
  const [, album = '', guestId, ...rest] = actor.split(':');
  const albumId = rest.length === 0 ? parseAlbumId(album) : undefined;
  return albumId && guestId ? { albumId, guestId } : undefined;
}
