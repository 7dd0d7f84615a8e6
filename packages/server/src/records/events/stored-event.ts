import { REJECTION_CODES } from '../../domain/errors.ts';
import { CHANGED_FIELDS, EVENT_TYPES, type ImageEvent } from '../../domain/event/image-event.ts';
import { isStatus } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';

/** An event in the values that every store has. */
export interface StoredEvent {
  readonly type: string;
  readonly imageId: string;
  readonly userId: string;
  readonly revision: number;
  readonly status: string;
  readonly code: string | null;
  /** Names of fields, separated by spaces. */
  readonly changed: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const toStoredEvent = (event: ImageEvent): StoredEvent => ({
  ...event,
  changed: event.changed.join(' '),
  at: event.at.getTime(),
});

/** Errors: TypeError, whose message holds no client text. */
export function eventIn({ type, imageId, userId, revision, status, code, changed, at }: StoredEvent): ImageEvent {
  return {
    type: oneOf(EVENT_TYPES, type, 'a type of event'),
    imageId: parseImageId(imageId) ?? unexpected('an image id'),
    userId,
    revision: Number.isSafeInteger(revision) ? revision : unexpected('a revision'),
    status: isStatus(status) ? status : unexpected('a status'),
    code: code === null ? null : oneOf(REJECTION_CODES, code, 'a rejection code'),
    changed: changed === '' ? [] : changed.split(' ').map((name) => oneOf(CHANGED_FIELDS, name, 'a changed field')),
    at: Number.isSafeInteger(at) ? new Date(at) : unexpected('a time'),
  };
}

const oneOf = <Known extends string>(all: readonly Known[], text: string, expected: string): Known =>
  all.find((known) => known === text) ?? unexpected(expected);

const unexpected = (expected: string): never => {
  throw new TypeError(`expected ${expected} in a stored event; got something else`);
};
