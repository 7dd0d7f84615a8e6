import { SafelightError } from '@safelight/client';
import { EXIT, type ExitCode } from './exit-code.ts';
import { adviceFor } from './output/advice.ts';
import type { Credential } from './settings/credential-kind.ts';

/** What this program itself finds wrong. */
export type CommandCode =
  | 'usage'
  | 'interrupted'
  | 'not-found'
  | 'unreadable-file'
  | 'broken-link'
  | 'not-a-file'
  | 'file-exists'
  | 'disk-full'
  | 'unwritable'
  | 'damaged-download'
  | 'folder-in-use'
  | 'other-target'
  | 'damaged-state'
  | 'deleted-image'
  | 'refused-before'
  | 'no-browser'
  | 'no-credential'
  | 'exposed-profiles'
  | 'planted-link'
  | 'wrong-row'
  | 'no-events'
  | 'no-order'
  | 'not-delivered'
  | 'fault';

/** An error with everything a person and a program need. The message is one line, and says what to do. */
export class Failure extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  /** The file that it is about, where the command itself names none. */
  readonly path: string | undefined;
  /** The request id in the service's answer, if there was one. */
  readonly requestId: string | undefined;

  constructor(
    code: string,
    message: string,
    { exitCode = EXIT.someFailed, requestId, path, cause }: FailureOptions = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.exitCode = exitCode;
    this.requestId = requestId;
    this.path = path;
  }
}

interface FailureOptions {
  readonly exitCode?: ExitCode;
  readonly requestId?: string | undefined;
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/** An error of this program itself. */
export const failure = (code: CommandCode, message: string, options: FailureOptions = {}): Failure =>
  new Failure(code, message, options);

export const wrongUsage = (message: string): Failure => failure('usage', message, { exitCode: EXIT.usage });

/** Any error, as what it means to the person who typed the command. `credential`: that of the failed request. */
export function failureOf(error: unknown, credential?: Credential): Failure {
  if (error instanceof Failure) return error;
  if ((error as Error)?.name === 'AbortError') return stopped();
  if (error instanceof SafelightError) {
    const { message, exitCode } = adviceFor(error, credential);
    return new Failure(error.code, message, { exitCode, requestId: error.requestId, cause: error });
  }
  return (
    systemFailure(error) ??
    failure('fault', `A fault of this program: ${String(error)}. Please report it.`, { cause: error })
  );
}

/** Errors of the file system, by errno(3). */
function systemFailure(error: unknown): Failure | undefined {
  const { code, path, name } = error as NodeJS.ErrnoException;
  const options = { cause: error, path };
  if (name === 'NotReadableError')
    return failure('unreadable-file', 'It changed or vanished while it was read. Run the command again.', options);
  switch (code) {
    case 'ENOENT':
      return failure('not-found', 'Not found. Check the path.', options);
    case 'EACCES':
    case 'EPERM':
      return failure('unreadable-file', 'No permission. Change its permissions, or run this as its owner.', options);
    case 'ENOSPC':
    case 'EDQUOT':
      return failure('disk-full', 'The disk is full. Make room, then run the same command again.', options);
    case 'EROFS':
      return failure('unwritable', 'The disk is read-only. Choose another folder.', options);
    case 'EISDIR':
      return failure('not-a-file', 'A folder, not a file. Check the path.', options);
    case 'ENOTDIR':
      return failure('not-found', 'A part of the path is a file, not a folder. Check the path.', options);
    case 'EIO':
      return failure('unreadable-file', 'The disk reports an error (EIO). Check the disk.', options);
    case 'ELOOP':
      return failure('broken-link', 'A link to itself. Remove or correct it.', options);
    case 'EMFILE':
    case 'ENFILE':
      return failure('unreadable-file', 'Too many open files. Use a lower --concurrency.', options);
    default:
      return undefined;
  }
}

export const stopped = (): Failure =>
  failure('interrupted', 'Stopped. Run the same command again to continue.', { exitCode: EXIT.interrupted });
