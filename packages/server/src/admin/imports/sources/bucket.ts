import type { ImportSource } from '../import-source.ts';
import { type BucketObject, openSourceBucket, type SourceBucketOptions } from './s3/source-bucket.ts';
import { entryOfFile } from './source-entry.ts';
import type { SourceFile, SourceFiles } from './source-files.ts';
import type { UserPattern } from './user-pattern.ts';

/** The objects of a bucket as files. A path is the whole key, also below a prefix: ids don't depend on the prefix. */
export async function openBucketFiles(options: SourceBucketOptions): Promise<SourceFiles> {
  const { prefix } = options;
  const bucket = await openSourceBucket(options);
  return {
    name: bucketName(options),
    async stat(path) {
      if (!path.startsWith(prefix))
        return { path, fault: `expected a key that begins with ${prefix}; got another one` };
      const found = await bucket.head(path);
      return found && fileOf(found);
    },
    open: (path, signal) => bucket.open(path, signal),
    async *list() {
      for await (const object of bucket.list()) yield fileOf(object);
    },
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  };
}

export interface BucketSourceOptions extends SourceBucketOptions {
  /** Whose image an object is, by its key; undefined: nobody's. */
  readonly userOf: UserPattern;
}

/** A bucket without a table: an object's own time, size and name are all that is known of it. */
export async function openBucketSource({ userOf, ...options }: BucketSourceOptions): Promise<ImportSource> {
  const files = await openBucketFiles(options);
  return {
    name: files.name,
    async *entries() {
      for await (const file of files.list()) {
        if ('fault' in file) {
          yield file;
          continue;
        }
        const { path } = file;
        const userId = userOf(path);
        if (userId === undefined) yield { path, fault: 'expected a key with a user, by the pattern; got another one' };
        else yield entryOfFile(file, userId);
      }
    },
    open: ({ path }, signal) => files.open(path, signal),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

/** The store's address is in it, but neither the prefix nor a secret. */
const bucketName = ({ bucket, endpoint }: SourceBucketOptions): string =>
  endpoint === null ? `s3:${bucket}` : `s3:${new URL(endpoint).host}/${bucket}`;

const fileOf = ({ key, ...rest }: BucketObject): SourceFile => ({ path: key, ...rest });
