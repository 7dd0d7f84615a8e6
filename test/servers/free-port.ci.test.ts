import assert from 'node:assert/strict';
import { it } from 'node:test';
import { freePort } from './free-port.ts';

/** By chance alone two of so many would be equal in 98 of 100 runs. */
const PORTS = 400;

it('a port is given once', { skip: process.platform !== 'linux' && 'only Linux has names without files' }, async () => {
  const ports = new Set<number>();
  for (let given = 0; given < PORTS; given += 1) ports.add(await freePort());
  assert.equal(ports.size, PORTS);
});
