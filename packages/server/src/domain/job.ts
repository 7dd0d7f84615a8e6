import type { ImageId } from './image/image-id.ts';
import type { ObjectKey } from './image/object-key.ts';

/**
 * The fields of each kind of job. A new kind is a line here and a row of the table in `run/jobs.ts`, which has its
 * codec and its operation.
 */
export interface JobFields {
  /** Examine an image's upload. */
  readonly finalize: { readonly imageId: ImageId };
  /** Fetch the bytes of an image from its URL. */
  readonly fetch: { readonly imageId: ImageId };
  /** Maintain an image's renditions: make eager ones, remove old ones. */
  readonly maintain: { readonly imageId: ImageId };
  /** Examine a bucket's report of a new object. It may be duplicated, late, reordered or about other objects. */
  readonly arrival: { readonly arrivals: readonly Arrival[] };
}

export type JobKind = keyof JobFields;

/** A unit of background work, which must be idempotent: a job is a hint, the record is the truth. */
export type Job<Kind extends JobKind = JobKind> = { [One in Kind]: { readonly kind: One } & JobFields[One] }[Kind];

/** The kinds that the service sends. Only a bucket sends arrivals. */
export type OwnJobKind = Exclude<JobKind, 'arrival'>;
export interface Arrival {
  readonly bucket: string;
  /** The possible keys of one object: stores encode keys differently. All name the same image. */
  readonly keys: readonly ObjectKey[];
}
