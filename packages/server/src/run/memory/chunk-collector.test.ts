import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createChunkCollector } from './chunk-collector.ts';

const MEGABYTE = 1_048_576;

/** A heap with the sizes that the test sets. */
function createHeap(megabytes: number) {
  const collected: string[] = [];
  return {
    megabytes,
    collected,
    externalBytes(): number {
      return this.megabytes * MEGABYTE;
    },
    collect(collection: string): void {
      collected.push(collection);
    },
  };
}

describe('the chunk collector', () => {
  it('collects the young generation when chunks have grown by 6 MB since the last time', () => {
    const heap = createHeap(5);
    const { look } = createChunkCollector(heap);
    const collectedAt = [10, 11, 11, 16, 17, 6, 11, 12].filter((megabytes) => {
      const before = heap.collected.length;
      heap.megabytes = megabytes;
      look();
      return heap.collected.length > before;
    });
    assert.deepEqual(collectedAt, [11, 17, 12]);
    assert.deepEqual(heap.collected, ['minor', 'minor', 'minor']);
  });

  it('collects the whole heap at 40 MB above the last collection, but not repeatedly', async () => {
    const heap = createHeap(5);
    const { look } = createChunkCollector(heap);
    const lookAt = (...sizes: number[]) => {
      heap.collected.length = 0;
      for (const megabytes of sizes) {
        heap.megabytes = megabytes;
        look();
      }
      return heap.collected;
    };
    assert.deepEqual(lookAt(40, 48, 20, 61, 69), ['minor', 'major', 'minor', 'minor']);
    await delay(501);
    assert.deepEqual(lookAt(77), ['major']);
    await delay(501);
    assert.deepEqual(
      lookAt(85, 109, 117, 125),
      ['minor', 'minor', 'minor', 'major'],
      'expected the remaining chunks to be in use',
    );
  });

  it('checks without a call, but only while requests arrive', async () => {
    await using server = createServer((_request, response) => void response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const heap = createHeap(5);
    createChunkCollector(heap).watch(server);
    heap.megabytes = 20;
    await delay(50);
    assert.deepEqual(heap.collected, []);
    const { port } = server.address() as AddressInfo;
    await (await fetch(`http://127.0.0.1:${port}`)).text();
    while (heap.collected.length === 0) await delay(5);
    assert.deepEqual(heap.collected, ['minor']);
  });

  it('uses V8’s own collector by default', async () => {
    const kinds: (number | undefined)[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries() as unknown as { detail: NodeGCPerformanceDetail }[]) {
        if (detail.flags === constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) kinds.push(detail.kind);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    const { look } = createChunkCollector();
    const kept = Buffer.alloc(10 * MEGABYTE, 1);
    look();
    while (kinds.length === 0) await delay(5);
    observer.disconnect();
    assert.deepEqual(kinds, [constants.NODE_PERFORMANCE_GC_MINOR]);
    assert.equal(kept.length, 10 * MEGABYTE);
  });
});
