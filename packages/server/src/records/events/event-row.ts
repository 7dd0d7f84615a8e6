import type { ImageEvent } from '../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import type { Row } from '../images/image-row.ts';
import { eventIn, toStoredEvent } from './stored-event.ts';

/** In the order of `eventCells`. */
export const WRITTEN_COLUMNS = ['type', 'image_id', 'user_id', 'revision', 'status', 'code', 'changed', 'at'] as const;

/** In the order of `eventOfRow`. */
export const EVENT_COLUMNS = ['sequence', ...WRITTEN_COLUMNS] as const;

export function eventCells(event: ImageEvent): (string | number | null)[] {
  const { type, imageId, userId, revision, status, code, changed, at } = toStoredEvent(event);
  return [type, imageId, userId, revision, status, code, changed, at];
}

/** The image of a row, as it is stored. */
export const imageIdOf = (row: Row): ImageEvent['imageId'] => String(row[2]) as ImageEvent['imageId'];

/** Errors: TypeError. */
export function eventOfRow(row: Row, shard: number): LoggedEvent {
  const [sequence, type, imageId, userId, revision, status, code, changed, at] = row;
  const event = eventIn({
    type: String(type),
    imageId: String(imageId),
    userId: String(userId),
    revision: Number(revision),
    status: String(status),
    code: typeof code === 'string' ? code : null,
    changed: String(changed),
    at: Number(at),
  });
  return { ...event, shard, sequence: Number(sequence) };
}
