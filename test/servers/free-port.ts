import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below Linux's range for outgoing connections, so that none of those takes the port before its server does. */
const LOWEST = 12_000;
const HIGHEST = 32_000;
const TRIES = 50;

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

/**
 * Reserves the port among tests until this process ends: it may be long before the server listens. Only Linux has names
 * without files.
 */
async function isReserved(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const name = createServer().listen(`\0safelight-port-${port}`).unref();
  return once(name, 'listening').then(
    () => true,
    () => false,
  );
}

/** A port of 127.0.0.1 on which nothing listens, and which no other call returns, of whatever process. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = randomInt(LOWEST, HIGHEST);
    if ((await isFree(port)) && (await isReserved(port))) return port;
  }
  throw new Error(`expected a free port between ${LOWEST} and ${HIGHEST}; got none in ${TRIES} tries`);
}
