import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import { errnoOf, meansAbsent } from '../../../object-store/staging/file-fault.ts';
import type { TargetAddress } from './address.ts';
import { openFolderTarget } from './folder/folder.ts';
import type { S3TargetOptions } from './s3/s3.ts';
import { MARK, MARK_PATH, readText, type Target } from './target.ts';

export interface OpenTargetOptions {
  /** What the service itself uses: no backup may be there. */
  readonly own: {
    readonly dataDir: string;
    readonly bucket: { readonly bucket: string; readonly endpoint: string | null } | null;
  };
  readonly s3: Pick<S3TargetOptions, 'region' | 'endpoint' | 'credentials' | 'caBundle'>;
  /** `make`: an empty place becomes a target. `existing`: it must be one. */
  readonly mode: 'make' | 'existing';
}

/** Errors: `unavailable`, with a sentence for the operator. */
export async function openTarget(
  address: TargetAddress,
  options: OpenTargetOptions,
): Promise<{ readonly target: Target; readonly isNew: boolean }> {
  await refuseOwn(address, options);
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await opened(address, options));
  const isNew = await mark(target, options.mode);
  stack.move();
  return { target, isNew };
}

async function opened(address: TargetAddress, { s3 }: OpenTargetOptions): Promise<Target> {
  if (address.kind === 'folder') return openFolderTarget(address); // never made: its disk may not be mounted
  const { openS3Target } = await import('./s3/s3.ts'); // the SDK costs 65 ms
  return openS3Target({ ...address, ...s3 });
}

/** Whether the place has become a target now. */
async function mark(target: Target, mode: OpenTargetOptions['mode']): Promise<boolean> {
  const found = await readText(target, MARK_PATH);
  if (found === MARK) return false;
  const { name } = target;
  if (found !== undefined)
    throw new AppError(
      'unavailable',
      `expected ${MARK.trim()} in ${MARK_PATH} of the target ${name}; got another text: a newer Safelight made it, or it is damaged`,
    );
  if (mode === 'existing')
    throw new AppError('unavailable', `expected a target of backups at ${name}; got a place without ${MARK_PATH}`);
  for await (const { path } of target.list(''))
    throw new AppError(
      'unavailable',
      `expected an empty place, or a target of backups, at ${name}; got one with ${path} and without ${MARK_PATH}`,
    );
  await target.create(MARK_PATH, MARK);
  return true;
}

async function refuseOwn(address: TargetAddress, { own, s3 }: OpenTargetOptions): Promise<void> {
  if (address.kind === 's3') {
    const isOwn = address.bucket === own.bucket?.bucket && s3.endpoint === own.bucket.endpoint;
    if (isOwn) throw isOwnPlace(address, 'bucket');
    return;
  }
  const [place, data] = await Promise.all([realPathOf(address.path), realPathOf(own.dataDir)]);
  if (`${place}${sep}`.startsWith(`${data}${sep}`)) throw isOwnPlace(address, 'data folder');
}

const isOwnPlace = ({ name }: TargetAddress, what: string): AppError =>
  new AppError(
    'unavailable',
    `expected a target outside the service's own ${what}; got ${name}, which would be lost with it`,
  );

/** Also of a path that doesn't exist yet. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!meansAbsent(error) || dirname(path) === path) {
      throw new AppError('unavailable', `The folder ${path} can't be used (${errnoOf(error)})`, { cause: error });
    }
    return join(await realPathOf(dirname(path)), basename(path));
  }
}
