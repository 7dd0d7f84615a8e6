import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers } from './answers.ts';
import { cephConfig, cephKeyring } from './ceph-config.ts';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import type { Programs } from './programs.ts';
import type { S3Endpoint } from './s3-endpoint.ts';
import { startInFolder } from './start-in-folder.ts';
import { TEST_ACCOUNT } from './test-account.ts';

export interface CephServer extends AsyncDisposable {
  readonly s3: S3Endpoint;
  /** The folder of its files; after it has stopped, empty or with its logs. */
  readonly folder: string;
  /** Keeps the logs if the caller's work failed or a daemon crashed, and returns the folder. */
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

/** Four seconds on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 120_000;

const PROGRAMS = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin', 'setpriv'];

const PACKAGES = 'apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common';

const MISSING = PROGRAMS.filter((program) => !isInstalled(program));

/** The reason to skip, or false; in CI a missing Ceph is a failure. */
export const NO_CEPH =
  MISSING.length === 0 || process.env['CI']
    ? false
    : `S3 is not tested without Ceph's gateway (missing: ${MISSING.join(', ')}): ${PACKAGES}`;

/** An S3 gateway on a free loopback port over a cluster in memory. Any number may run concurrently. */
export async function startCeph({ deadlineMs = DEADLINE_MS } = {}): Promise<CephServer> {
  if (MISSING.length > 0) throw new Error(`expected Ceph; missing: ${MISSING.join(', ')}: ${PACKAGES}`);
  const { started: url, folder, stop } = await startInFolder({ name: 'Ceph', deadlineMs, start: startCluster });
  return {
    s3: { ...TEST_ACCOUNT, url },
    folder,
    stop,
    async [Symbol.asyncDispose]() {
      await stop('passed');
    },
  };
}

async function startCluster(programs: Programs, folder: string): Promise<string> {
  const ports = { monitor: await freePort(), gateway: await freePort() };
  const [clusterId, diskId] = [randomUUID(), randomUUID()];
  const config = ['-c', join(folder, 'ceph.conf')];
  const key = (await programs.run(['ceph-authtool', '--gen-print-key'])).trim();
  await writeFile(join(folder, 'ceph.conf'), cephConfig(folder, clusterId, ports));
  await writeFile(join(folder, 'keyring'), cephKeyring(key), { mode: 0o600 });
  for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(folder, name));

  const address = `[v2:127.0.0.1:${ports.monitor}]`;
  await programs.run(['monmaptool', '--create', '--fsid', clusterId, '--addv', 'a', address, 'monmap']);
  await Promise.all([
    programs.run(['ceph-mon', ...config, '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'keyring']),
    programs.run(['ceph-osd', ...config, '--mkfs', '--no-mon-config', '-i', '0', '--osd-uuid', diskId]),
  ]);

  programs.start(['ceph-mon', ...config, '--foreground', '-i', 'a']);
  await programs.run(['ceph', ...config, 'osd', 'new', diskId, '0']);
  programs.start(['ceph-osd', ...config, '--foreground', '-i', '0']);
  // A client that asks for a pool before then waits for five seconds before it asks again.
  await programs.until(async () => readFileSync(join(folder, 'osd.0.log'), 'utf8').includes('booting -> active'));

  const keys = ['--access-key', TEST_ACCOUNT.accessKeyId, '--secret', TEST_ACCOUNT.secretAccessKey];
  await programs.run([
    'radosgw-admin',
    ...config,
    'user',
    'create',
    '--uid',
    'test',
    '--display-name',
    'test',
    ...keys,
  ]);
  programs.start(['radosgw', ...config, '--foreground', '--name', 'client.admin']);
  const url = `http://127.0.0.1:${ports.gateway}`;
  await programs.until(() => answers(url));
  return url;
}
