import { hash } from 'node:crypto';
import type { LinkId } from '../image/share-link.ts';
import type { ActorId } from './actor-id.ts';

/** A text that a guest's browser makes and keeps, 32 to 64 characters of base64url: who has it is that guest. */
export type GuestSecret = string;

const SECRET = /^[\w-]{32,64}$/;

/** undefined: the text is none. */
export const parseGuestSecret = (text: string): GuestSecret | undefined => (SECRET.test(text) ? text : undefined);

const PREFIX = 'guest:';
/** 132 bits. */
const ID_LENGTH = 22;

/** The guest of a link: with one secret, somebody is another guest by another link. */
export const guestActor = (linkId: LinkId, secret: GuestSecret): ActorId =>
  `${PREFIX}${hash('sha256', [linkId, secret].join(' '), 'base64url').slice(0, ID_LENGTH)}`;

/** What names a guest to the owner of the album; undefined: the actor is no guest. */
export const guestIdOf = (actor: ActorId | null): string | undefined =>
  actor?.startsWith(PREFIX) ? actor.slice(PREFIX.length) : undefined;
