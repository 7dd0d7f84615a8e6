import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CANNOT_MOUNT, mountMemory, temporaryFolder } from '../../../test/faults/file-systems.ts';
import { payerAt } from '../../domain/access/payer.ts';
import type { OpenedBytes } from '../disk-space.ts';
import { createDiskSpace, type DiskSpaceOptions, ENDLESS, usualReserve } from './disk-space.ts';

const MEGABYTE = 1_048_576;
const LOW = { code: 'insufficient-storage', isExpected: true };

const announced = (megabytes: number): OpenedBytes => ({ announcedBytes: megabytes * MEGABYTE, leaving: 'reserve' });

describe('the usual reserve of a disk', () => {
  for (const [diskMegabytes, megabytes] of [
    [16, 4],
    [256, 64],
    [512, 128],
    [2_048, 128],
    [10_240, 512],
    [1_048_576, 1_024],
  ] as const)
    it(`of ${diskMegabytes} MB is ${megabytes} MB`, () =>
      assert.equal(usualReserve(diskMegabytes * MEGABYTE), megabytes * MEGABYTE));
});

describe('without files of its own, or without a reserve', () => {
  it('nothing is refused', () => {
    const options = { minFreeBytes: null, elapsedMs: () => 0, onChange: () => undefined };
    assert.equal(createDiskSpace({ ...options, folders: [] }), ENDLESS);
    assert.equal(createDiskSpace({ ...options, folders: ['/'], minFreeBytes: 0 }).open, ENDLESS.open);
  });

  it('the free space of a disk is measured, if there is one', async () => {
    const options = { minFreeBytes: 0, elapsedMs: () => 0, onChange: () => undefined };
    assert.equal(await createDiskSpace({ ...options, folders: [] }).fullest(), undefined);
    const disk = await createDiskSpace({ ...options, folders: ['/'] }).fullest();
    assert.equal(disk?.reserveBytes, 0);
    assert.ok(disk.freeBytes > 0);
  });
});

/** A disk of 16 MB, of which 4 MB are the reserve. Time stands still: only `pass` makes a measurement old. */
async function createSmallDisk(options: Partial<DiskSpaceOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const path = join(folder.path, 'disk');
  stack.use(await mountMemory(path, 16));
  let nowMs = 0;
  const changes: (readonly [boolean, number])[] = [];
  const space = createDiskSpace({
    folders: [path],
    minFreeBytes: null,
    elapsedMs: () => nowMs,
    onChange: (isLow, { reserveBytes }) => changes.push([isLow, reserveBytes / MEGABYTE]),
    ...options,
  });
  const held = stack.move();
  return {
    path,
    space,
    changes,
    pass: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
    /** By another program, unless it was added before. */
    fill: (megabytes: number) => writeFile(join(path, 'ballast'), Buffer.alloc(megabytes * MEGABYTE)),
    empty: () => rm(join(path, 'ballast')),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

describe('the space of a small disk', { skip: CANNOT_MOUNT }, () => {
  it('is for uploads down to the reserve, and for changes of records down to half of it', async () => {
    await using disk = await createSmallDisk();
    await disk.space.require(12 * MEGABYTE, 'reserve');
    await assert.rejects(disk.space.require(12 * MEGABYTE + 1, 'reserve'), LOW);
    await disk.fill(13);
    disk.pass(1);
    await assert.rejects(disk.space.require(0, 'reserve'), LOW);
    await disk.space.require(0, 'half-reserve');
    await disk.fill(15);
    disk.pass(1);
    await assert.rejects(disk.space.require(0, 'half-reserve'), LOW);
    await disk.empty();
    await disk.space.require(0, 'reserve');
  });

  it('keeps what uploads under way announced, and counts what they add, each once', async () => {
    await using disk = await createSmallDisk();
    const upload = await disk.space.open(announced(10));
    await disk.space.require(2 * MEGABYTE, 'reserve');
    await assert.rejects(disk.space.require(2 * MEGABYTE + 1, 'reserve'), LOW);
    await upload.add(9 * MEGABYTE);
    await disk.fill(9);
    await assert.rejects(disk.space.require(2 * MEGABYTE + 1, 'reserve'), LOW);
    await disk.space.require(2 * MEGABYTE, 'reserve');
    upload[Symbol.dispose]();
    upload[Symbol.dispose]();
    await disk.space.require(3 * MEGABYTE, 'reserve');
    await assert.rejects(disk.space.require(3 * MEGABYTE + 1, 'reserve'), LOW);
  });

  it('is never promised twice, however many ask at once', async () => {
    await using disk = await createSmallDisk();
    const opened = await Promise.allSettled(Array.from({ length: 9 }, () => disk.space.open(announced(4))));
    assert.equal(opened.filter(({ status }) => status === 'fulfilled').length, 3);
  });

  it('is kept by one caller, beside one upload, up to three times what it leaves to others', async () => {
    await using disk = await createSmallDisk();
    const open = (address: string, megabytes: number) =>
      disk.space.open({ ...announced(megabytes), payer: payerAt(address, '') });
    const [flood, other] = ['192.0.2.1', '192.0.2.2'];
    const single = await open(flood, 12);
    single[Symbol.dispose]();
    const slow = [await open(flood, 3), await open(flood, 3), await open(flood, 3)];
    await assert.rejects(open(flood, 1), LOW);
    assert.equal(await disk.space.isLow(), false); // there is space, for others
    using _theirs = await open(other, 3);
    for (const upload of slow) upload[Symbol.dispose]();
    using _next = await open(flood, 6);
  });

  it('ends an upload that announced nothing at the reserve', async () => {
    await using disk = await createSmallDisk();
    using upload = await disk.space.open(announced(0));
    for (let megabytes = 1; megabytes <= 12; megabytes += 1) {
      await upload.add(MEGABYTE);
      await disk.fill(megabytes);
    }
    await assert.rejects(upload.add(MEGABYTE), LOW);
  });

  it('is low from a refusal or a measurement until there is space again, which is told once', async () => {
    await using disk = await createSmallDisk();
    assert.equal(await disk.space.isLow(), false);
    await disk.fill(9);
    disk.pass(1);
    for (let times = 0; times < 2; times += 1) {
      await assert.rejects(disk.space.require(5 * MEGABYTE, 'reserve'), LOW);
      assert.equal(await disk.space.isLow(), true);
    }
    assert.deepEqual(disk.changes, [[true, 4]]);
    await disk.empty();
    disk.pass(1);
    assert.equal(await disk.space.isLow(), false);
    await disk.fill(13); // by another program: nothing was refused
    disk.pass(1);
    assert.equal(await disk.space.isLow(), true);
    assert.deepEqual(
      disk.changes.map(([isLow]) => isLow),
      [true, false, true],
    );
  });

  it('is low for half a minute after a refused upload, if there is still space for smaller ones', async () => {
    await using disk = await createSmallDisk();
    await assert.rejects(disk.space.require(100 * MEGABYTE, 'reserve'), LOW);
    disk.pass(29);
    assert.equal(await disk.space.isLow(), true);
    disk.pass(1);
    assert.equal(await disk.space.isLow(), false);
  });

  it('is that of the fullest of several disks; one that cannot be measured counts for nothing', async () => {
    await using other = await createSmallDisk();
    await using disk = await createSmallDisk({ folders: ['/nowhere', other.path], minFreeBytes: MEGABYTE });
    await disk.space.require(15 * MEGABYTE, 'reserve');
    await other.fill(10);
    disk.pass(1);
    await assert.rejects(disk.space.require(6 * MEGABYTE, 'reserve'), LOW);
    await disk.space.require(5 * MEGABYTE, 'reserve');
  });
});
