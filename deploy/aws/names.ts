import { nameFor } from '../../packages/server/src/provision/queue/queue-target.ts';

/** Everything is named after the bucket, so that each policy can name its one resource before that exists. */
export interface Names {
  readonly bucket: string;
  /** For the zips of the functions. */
  readonly codeBucket: string;
  readonly table: string;
  readonly queue: string;
  readonly deadLetterQueue: string;
}

/** `bucket`: a name, or a reference to a parameter with one. */
export const namesAfter = (bucket: string): Names => ({
  bucket,
  codeBucket: `${bucket}-code`,
  table: bucket,
  queue: nameFor('queue', { name: bucket }),
  deadLetterQueue: nameFor('dead letter queue', { name: bucket }),
});

/** A bucket's name has 63 characters at most, the code's bucket too. No dots: a queue has none, and TLS accepts none. */
export const BUCKET_NAME = '[a-z0-9](?:[a-z0-9-]{1,56})[a-z0-9]';
