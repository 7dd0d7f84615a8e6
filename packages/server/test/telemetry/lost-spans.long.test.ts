import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { startService } from '../services/running-service.ts';
import { askPort } from './prometheus-text.ts';
import { HANGS, REFUSES, startSpanReceiver } from './span-receiver.ts';

const bytes = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

/** More spans than one batch has, so that it is sent at once. */
const REQUESTS = 400;
const AT_ONCE = 20;

const RECEIVERS = {
  away: async () => ({ url: `http://127.0.0.1:${await freePort()}`, [Symbol.asyncDispose]: async () => undefined }),
  'one that answers errors': () => startSpanReceiver(REFUSES),
  'one that never answers': () => startSpanReceiver(HANGS),
};

describe('a receiver of spans', () => {
  for (const [what, start] of Object.entries(RECEIVERS)) {
    it(`loses spans and nothing else if it is ${what}`, async () => {
      await using receiver = await start();
      const metricsPort = await freePort();
      await using service = await startService({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_TIMEOUT: '200',
        OTEL_TRACES_SAMPLER: 'always_on',
        METRICS_PORT: String(metricsPort),
      });
      const body = new FormData();
      body.set('user_id', 'ada');
      body.set('file', new File([bytes], 'ada.jpg', { type: 'image/jpeg' }));
      const stored = await fetch(`${service.origin}/images`, { method: 'POST', body });
      assert.equal(stored.status, 201);
      const { image_id: id } = (await stored.json()) as { image_id: string };
      for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
        const each = Array.from({ length: AT_ONCE }, () => fetch(`${service.origin}/images/${id}`));
        for (const { status, body: read } of await Promise.all(each)) {
          assert.equal(status, 200);
          await read?.cancel();
        }
      }
      await until(async () => (await droppedSpans(metricsPort)) > 0);
      service.process.kill('SIGTERM');
      const [exitCode] = await once(service.process, 'exit');
      assert.equal(exitCode, 0);
    });
  }
});

async function droppedSpans(port: number): Promise<number> {
  const { text: shown } = await askPort(`http://127.0.0.1:${port}/metrics`);
  return Number(/^safelight_telemetry_dropped_spans_total\S* (\d+)/m.exec(shown)?.[1] ?? 0);
}
