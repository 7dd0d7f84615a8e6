import { randomUUID } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cephConfig, cephKeyring } from './ceph-config.ts';
import { freePort } from './free-port.ts';
import { createPrograms, type Programs } from './programs.ts';
import type { S3Endpoint } from './s3-endpoint.ts';

export interface CephServer extends AsyncDisposable {
  readonly s3: S3Endpoint;
  /** All its files; once it has stopped, nothing or the logs. */
  readonly folder: string;
  /** Keeps the logs if the caller's work failed or a daemon was lost, and then gives the folder. */
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

/** Four seconds on an idle machine; this is for a busy one. */
const DEADLINE_MS = 120_000;

const PROGRAMS = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin', 'setpriv'];

const PACKAGES = 'apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common';

/** They open a port of loopback, for as long as a run lasts. */
const ACCESS_KEY_ID = 'safelight-test';
const SECRET_ACCESS_KEY = 'opens-loopback-only';

const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const MISSING = PROGRAMS.filter((program) => !isInstalled(program));

/** The reason to skip, or false; in CI a Ceph that is missing is a failure. */
export const NO_CEPH =
  MISSING.length === 0 || process.env['CI']
    ? false
    : `S3 is not tested without Ceph's gateway (missing: ${MISSING.join(', ')}): ${PACKAGES}`;

/** An S3 gateway on a free port of loopback over a cluster in memory. Any number may run side by side. */
export async function startCeph({ deadlineMs = DEADLINE_MS } = {}): Promise<CephServer> {
  if (MISSING.length > 0) throw new Error(`expected Ceph; missing: ${MISSING.join(', ')}: ${PACKAGES}`);
  const folder = await mkdtemp(join(tmpdir(), 'safelight-ceph-'));
  const programs = createPrograms(folder, AbortSignal.timeout(deadlineMs));

  function clear(outcome: 'passed' | 'failed'): string | undefined {
    if (outcome === 'passed' && programs.lost().length === 0) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      return undefined;
    }
    for (const name of readdirSync(folder).filter((one) => !/\.(log|out|conf)$/.test(one))) {
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
    }
    return folder;
  }
  const clearAtExit = (exitCode: number) => {
    programs.kill();
    clear(exitCode === 0 ? 'passed' : 'failed');
  };
  process.on('exit', clearAtExit);

  let stopping: Promise<string | undefined> | undefined;
  const stop = (outcome: 'passed' | 'failed') => {
    stopping ??= (async () => {
      programs.kill();
      await programs.ended();
      process.off('exit', clearAtExit);
      return clear(outcome);
    })();
    return stopping;
  };

  try {
    const url = await startCluster(programs, folder);
    return {
      s3: { url, region: 'us-east-1', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
      folder,
      stop,
      async [Symbol.asyncDispose]() {
        await stop('passed');
      },
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Ceph did not start: ${reason}; its logs: ${await stop('failed')}`, { cause });
  }
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

  const keys = ['--access-key', ACCESS_KEY_ID, '--secret', SECRET_ACCESS_KEY];
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

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
