import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleDetails, sampleFacts } from '../../domain/facts/facts.fixture.ts';
import { decideEarly } from '../../domain/image/hold.ts';
import { isStored } from '../../domain/image/image.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { createEmbeddedServices } from '../embedded-services.fixture.ts';
import { takeClaim } from './claim.ts';
import { publishImage } from './publish-image.ts';

const verified = {
  contentType: 'image/jpeg',
  sizeBytes: 1_234,
  sha256: 'ab'.repeat(32),
  width: 640,
  height: 480,
  placeholder: 'aGFzaA==',
  dominantColor: '#336699',
} as const;

const refusal = { gate: 'people', by: 'person', verdict: 'refuse', actor: 'eve', sha256: verified.sha256 } as const;

async function published(gates: readonly string[], isRefused: boolean) {
  await using embedded = await createEmbeddedServices();
  const { services, clock } = embedded;
  const granted = await embedded.grant();
  const decided = decideEarly(granted, ['people'], { ...refusal, at: clock.now(), privateReason: null, reason: null });
  if (isRefused) await services.images.replace(granted, decided);
  await using claim = await takeClaim(services, isRefused ? decided : granted);
  assert.ok(claim);
  const image = await publishImage(services, claim, {
    verified,
    screened: { gates, passed: [], failures: 0, standing: 'lacked', decided: [] },
    read: { facts: sampleFacts, details: sampleDetails },
    workingCopy: undefined,
    objectKey: originalKey(granted, claim.attempt),
    objectTag: null,
  });
  if (!image || !isStored(image)) return { status: image?.status };
  return { status: image.status, facts: image.facts, details: await services.images.details(image) };
}

describe('what was read of a picture', () => {
  it('is written with its image, ready or held', async () => {
    const read = { facts: sampleFacts, details: sampleDetails };
    assert.deepEqual(await published([], false), { status: 'ready', ...read });
    assert.deepEqual(await published(['scan'], false), { status: 'held', ...read });
  });

  it('is not written if somebody has refused the image', async () => {
    assert.equal((await published([], true)).status, 'rejected');
  });
});
