import { execFile } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { skipWithout } from '../../../../test/servers/installed.ts';

const execute = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** The reason to skip, or false; in CI, where sudo must work, a machine without it fails. */
export const CANNOT_MOUNT =
  process.platform === 'linux' && isRoot
    ? skipWithout('mount')
    : !process.env['CI'] && 'faults of file systems are not tested where none can be mounted: run as root, on Linux';

const asRoot = (command: string, ...args: string[]) =>
  isRoot ? execute(command, args) : execute('sudo', ['-n', command, ...args]);

export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'safelight-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Makes the path ours. */
const mounted = async (folder: string): Promise<AsyncDisposable> => {
  if (!isRoot) await asRoot('chown', `${process.getuid?.()}`, folder);
  return { [Symbol.asyncDispose]: () => unmount(folder) };
};

const UNMOUNT_MS = 120_000;

/**
 * A folder is busy for a moment after a process with a file below it has ended, or while another program looks at all
 * mounts.
 */
async function unmount(folder: string): Promise<void> {
  for (const end = performance.now() + UNMOUNT_MS; ; await delay(50)) {
    try {
      await asRoot('umount', folder);
      return;
    } catch (error) {
      if (performance.now() > end || !`${error}`.includes('busy')) throw error;
    }
  }
}

/** A file system in memory, of this size, at `folder`, which is made. */
export async function mountMemory(folder: string, megabytes: number): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  await asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder);
  return mounted(folder);
}

/** A read-only bind mount of the folder over itself. */
export async function mountReadOnly(folder: string): Promise<AsyncDisposable> {
  await asRoot('mount', '--bind', folder, folder);
  await asRoot('mount', '-o', 'remount,bind,ro', folder);
  return { [Symbol.asyncDispose]: () => unmount(folder) };
}

/** A disk image in a file. */
export async function makeDisk(file: string): Promise<void> {
  await execute('truncate', ['-s', '32M', file]);
  await execute('/usr/sbin/mkfs.ext4', ['-q', file]);
}

/** The disk at `folder`, which is made; after an error the system remounts it read-only. */
export async function mountDisk(file: string, folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true });
  await asRoot('mount', '-o', 'loop,errors=remount-ro', file, folder);
  return mounted(folder);
}

/** Triggers a file system error on the disk mounted at `folder` (ext4(5), errors=remount-ro). */
export async function failDisk(folder: string): Promise<void> {
  const { stdout } = await execute('findmnt', ['-no', 'SOURCE', folder]);
  const device = stdout.trim().replace('/dev/', '');
  await asRoot('sh', '-c', `echo 1 >/sys/fs/ext4/${device}/trigger_fs_error`);
}

/** Repairs an unmounted disk after an error. */
export async function repairDisk(file: string): Promise<void> {
  await execute('/usr/sbin/e2fsck', ['-fy', file]).catch((error: { code?: number }) => {
    if (error.code !== 1) throw error; // e2fsck(8): errors corrected
  });
}

/** Makes these files immutable, also for processes that have them open (ext4). */
export async function freezeFiles(files: readonly string[]): Promise<AsyncDisposable> {
  await asRoot('chattr', '+i', ...files);
  return { [Symbol.asyncDispose]: async () => void (await asRoot('chattr', '-i', ...files)) };
}

/** Writes into `file` until its file system has no free page. */
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
