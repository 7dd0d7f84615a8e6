// `node --test --test-global-setup`: test servers that all the processes of one run share.
import { type SharedServers, shareServers, TEST_SERVERS_URL } from './shared-servers.ts';

let servers: SharedServers | undefined;

export async function globalSetup(): Promise<void> {
  servers = await shareServers();
  process.env[TEST_SERVERS_URL] = servers.url;
}

export async function globalTeardown(): Promise<void> {
  const stopped = await servers?.stop(process.exitCode ? 'failed' : 'passed');
  for (const folder of stopped?.logs ?? []) console.error(`Logs of this run's servers: ${folder}`);
  for (const scan of stopped?.refusedScans ?? []) {
    console.error(`Nothing may scan, and this run failed because something tried: ${scan}`);
    process.exitCode = 1;
  }
}
