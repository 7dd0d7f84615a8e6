import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { NO_CEPH, startCeph } from './ceph.ts';
import { startByHand } from './started-by-hand.fixture.ts';

const LOOK_EVERY_MS = 20;

/** Empty if the process or its file is gone. */
const orNothing = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** The ids of the processes whose command line names the folder. */
const processesOf = (folder: string): number[] =>
  readdirSync('/proc')
    .filter(
      (name) => /^\d+$/.test(name) && orNothing(() => readFileSync(`/proc/${name}/cmdline`, 'utf8')).includes(folder),
    )
    .map(Number);

async function untilGone(isThere: () => boolean, signal: AbortSignal): Promise<void> {
  while (isThere()) await wait(LOOK_EVERY_MS, undefined, { signal });
}

/** The addresses on which a process listens, as /proc/net writes them. */
function listenersOf(pid: number): string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => orNothing(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
  return ['tcp', 'tcp6']
    .flatMap((family) => readFileSync(`/proc/${pid}/net/${family}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(`socket:[${inode}]`))
    .map(([, local = '']) => local.split(':')[0] ?? '');
}

describe("the life of Ceph's gateway", { skip: NO_CEPH }, () => {
  it('listens on loopback only, and leaves neither process nor file', async () => {
    await using ceph = await startCeph();
    const processes = processesOf(ceph.folder);
    assert.equal(processes.length, 3);
    const addresses = processes.flatMap(listenersOf);
    assert.ok(addresses.length >= 3);
    assert.deepEqual(new Set(addresses), new Set(['0100007F']));
    assert.equal(await ceph.stop('passed'), undefined);
    assert.deepEqual(processesOf(ceph.folder), []);
    assert.equal(existsSync(ceph.folder), false);
  });

  it('runs beside another gateway', async () => {
    await using one = await startCeph();
    await using other = await startCeph();
    assert.notEqual(one.s3.url, other.s3.url);
  });

  it('keeps only the logs after a daemon has ended unexpectedly', async ({ signal }) => {
    await using ceph = await startCeph();
    const [lost] = processesOf(ceph.folder);
    assert.ok(lost);
    process.kill(lost, 'SIGTERM');
    await untilGone(() => processesOf(ceph.folder).includes(lost), signal);
    assert.equal(await ceph.stop('passed'), ceph.folder);
    assert.deepEqual(
      readdirSync(ceph.folder).filter((name) => !/\.(log|out|conf)$/.test(name)),
      [],
    );
    rmSync(ceph.folder, { recursive: true });
  });

  it('names the folder of its logs if it does not start', async () => {
    const [, folder = ''] = await startCeph({ deadlineMs: 1 }).then(
      () => [],
      (error: Error) => /did not start: .*; its logs: (\S+)$/.exec(error.message) ?? [],
    );
    assert.ok(existsSync(folder));
    assert.deepEqual(processesOf(folder), []);
    rmSync(folder, { recursive: true });
  });

  it('prints an environment for SDKs if started by hand, and ends on Ctrl-C', async () => {
    await using started = await startByHand();
    const { process: child, folders, environment } = started;
    const client = new S3Client({
      endpoint: environment.get('AWS_ENDPOINT_URL_S3') ?? '',
      region: environment.get('AWS_REGION') ?? '',
      credentials: {
        accessKeyId: environment.get('AWS_ACCESS_KEY_ID') ?? '',
        secretAccessKey: environment.get('AWS_SECRET_ACCESS_KEY') ?? '',
      },
    });
    const list = await client.send(new ListObjectsV2Command({ Bucket: environment.get('S3_BUCKET') }));
    assert.equal(list.KeyCount, 0);
    client.destroy();
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(existsSync(folders.ceph), false);
  });

  it('ends when the process that started it is killed', async ({ signal }) => {
    await using started = await startByHand();
    const { ceph } = started.folders;
    assert.equal(processesOf(ceph).length, 3);
    started.process.kill('SIGKILL');
    await untilGone(() => processesOf(ceph).length > 0, signal);
  });
});
