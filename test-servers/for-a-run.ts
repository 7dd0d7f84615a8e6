// `node --test --test-global-setup`: test servers that all the processes of one run share.
import { NO_CEPH } from './ceph.ts';
import { type SharedServers, shareServers, TEST_SERVERS_URL } from './shared-servers.ts';

let servers: SharedServers | undefined;

export async function globalSetup(): Promise<void> {
  if (NO_CEPH) return;
  servers = await shareServers();
  process.env[TEST_SERVERS_URL] = servers.url;
}

export async function globalTeardown(): Promise<void> {
  const logs = await servers?.stop(process.exitCode ? 'failed' : 'passed');
  if (logs) console.error(`Ceph's logs of this run: ${logs}`);
}
