import { execFile } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** The reason to skip, or false; in CI, where sudo must do, a machine that can't is a failure. */
export const CANNOT_MOUNT =
  (process.platform === 'linux' && isRoot) || process.env['CI']
    ? false
    : 'faults of file systems are not tested where none can be mounted: run as root, on Linux';

const asRoot = (command: string, ...args: string[]) =>
  isRoot ? execute(command, args) : execute('sudo', ['-n', command, ...args]);

export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'safelight-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Ours from now on, whoever made it. */
const mounted = async (folder: string): Promise<AsyncDisposable> => {
  if (!isRoot) await asRoot('chown', `${process.getuid?.()}`, folder);
  return { [Symbol.asyncDispose]: async () => void (await asRoot('umount', folder)) };
};

/** A file system in memory, of this size, at `folder`, which is made. */
export async function mountMemory(folder: string, megabytes: number): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  await asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder);
  return mounted(folder);
}

/** The folder over itself, as a mount that takes no writes. */
export async function mountReadOnly(folder: string): Promise<AsyncDisposable> {
  await asRoot('mount', '--bind', folder, folder);
  await asRoot('mount', '-o', 'remount,bind,ro', folder);
  return { [Symbol.asyncDispose]: async () => void (await asRoot('umount', folder)) };
}

/** A disk of its own, in a file. */
export async function makeDisk(file: string): Promise<void> {
  await execute('truncate', ['-s', '32M', file]);
  await execute('/usr/sbin/mkfs.ext4', ['-q', file]);
}

/** The disk at `folder`, which is made; after an error the system takes no more writes to it. */
export async function mountDisk(file: string, folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  await asRoot('mount', '-o', 'loop,errors=remount-ro', file, folder);
  return mounted(folder);
}

/** The system finds an error on the disk mounted at `folder` (ext4(5), errors=remount-ro). */
export async function failDisk(folder: string): Promise<void> {
  const { stdout } = await execute('findmnt', ['-no', 'SOURCE', folder]);
  const device = stdout.trim().replace('/dev/', '');
  await asRoot('sh', '-c', `echo 1 >/sys/fs/ext4/${device}/trigger_fs_error`);
}

/** Mends what an error left on a disk that is not mounted. */
export async function repairDisk(file: string): Promise<void> {
  await execute('/usr/sbin/e2fsck', ['-fy', file]).catch((error: { code?: number }) => {
    if (error.code !== 1) throw error; // e2fsck(8): errors corrected
  });
}

/** Nobody may write to these files, not even who has them open: the one way to take that from a file in use (ext4). */
export async function freezeFiles(files: readonly string[]): Promise<AsyncDisposable> {
  await asRoot('chattr', '+i', ...files);
  return { [Symbol.asyncDispose]: async () => void (await asRoot('chattr', '-i', ...files)) };
}

/** Writes into `file` until its file system has no room for one page more. */
export function fillUp(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (const page = Buffer.alloc(4096); ; ) writeSync(descriptor, page);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
