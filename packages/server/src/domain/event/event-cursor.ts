import type { PositionCodec } from '../cursor.ts';
import type { EventPosition } from './event-position.ts';

const LOG_BYTES = 8;
const TIME_BYTES = 4;
/** A shard has room for a thousand changes a second for 34 years. */
const SEQUENCE_BYTES = 5;
/** A cursor of more shards would be longer than `oldest_cursor` of a problem may be. */
const MAX_SHARDS = 8;
const SEQUENCES_AT = LOG_BYTES + TIME_BYTES;

/** Positions of logs with any number of shards: the position of another log must be known as one. */
export const EVENT_POSITIONS: PositionCodec<EventPosition> = {
  maxBytes: SEQUENCES_AT + MAX_SHARDS * SEQUENCE_BYTES,

  bytesOf({ log, issuedAt, sequences }) {
    const bytes = Buffer.alloc(SEQUENCES_AT + sequences.length * SEQUENCE_BYTES);
    bytes.write(log, 'hex');
    bytes.writeUInt32BE(Math.floor(issuedAt.getTime() / 1_000), LOG_BYTES);
    for (const [shard, sequence] of sequences.entries())
      bytes.writeUIntBE(sequence, SEQUENCES_AT + shard * SEQUENCE_BYTES, SEQUENCE_BYTES);
    return bytes;
  },

  positionIn(bytes) {
    const shards = (bytes.length - SEQUENCES_AT) / SEQUENCE_BYTES;
    if (!Number.isInteger(shards) || shards < 1 || shards > MAX_SHARDS) return undefined;
    return {
      log: bytes.toString('hex', 0, LOG_BYTES),
      issuedAt: new Date(bytes.readUInt32BE(LOG_BYTES) * 1_000),
      sequences: Array.from({ length: shards }, (_, shard) =>
        bytes.readUIntBE(SEQUENCES_AT + shard * SEQUENCE_BYTES, SEQUENCE_BYTES),
      ),
    };
  },
};
