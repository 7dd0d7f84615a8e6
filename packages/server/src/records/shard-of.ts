import type { ImageId } from '../domain/image/image-id.ts';

/** The shard of an image, or an album. The last 32 bits of a UUIDv7 are random (RFC 9562 5.7), so they need no hash. */
export const shardOf = (id: ImageId, shards: number): number => Number.parseInt(id.slice(-8), 16) % shards;
