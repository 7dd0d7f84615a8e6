import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { openTelemetry } from '../../src/observe/telemetry/telemetry.ts';
import type { TelemetryConfig } from '../../src/observe/telemetry/telemetry-config.ts';

const IMAGE = '0190a0a0-0000-7000-8000-000000000001' as ImageId;

/** Often, so that a test sees several reports. */
const CONFIG: TelemetryConfig = {
  metricsPort: null,
  workerMetricsPort: null,
  metricsHost: '127.0.0.1',
  otlpEndpoint: 'of the environment',
  sampler: 'always_off',
  samplerShare: 0,
  metricExportMs: 50,
};

const options = (warn: (sentence: string) => void) => ({
  program: 'serve' as const,
  sets: { routes: [], gates: [] },
  version: '1.2.3',
  warn,
  shutdownMs: 300,
});

/** A receiver that the packages find by the environment, which they read themselves. */
async function startReceiver(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`;
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('a receiver of metrics', () => {
  it('gets the counts with the names of service and process, and the last ones at the end', async () => {
    const bodies: Buffer[] = [];
    process.env['OTEL_SERVICE_NAME'] = 'pictures';
    process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'deployment.environment.name=staging';
    await using _receiver = await startReceiver(async (incoming, outgoing) => {
      bodies.push(Buffer.concat(await incoming.toArray()));
      assert.equal(incoming.url, '/v1/metrics');
      assert.equal(incoming.headers['content-type'], 'application/x-protobuf');
      outgoing.writeHead(200).end();
    });
    const telemetry = await openTelemetry(
      { ...CONFIG, metricExportMs: 3_600_000 },
      { ...options(assert.fail), shutdownMs: 30_000 },
    );
    telemetry.listener({ event: 'upload-granted', imageId: IMAGE });
    await telemetry[Symbol.asyncDispose]();
    assert.equal(bodies.length, 1);
    const [body = Buffer.alloc(0)] = bodies;
    for (const text of ['safelight.uploads', 'granted', 'pictures', 'staging', 'service.instance.id', '1.2.3'])
      assert.ok(body.includes(text), text);
    assert.ok(!body.includes(IMAGE));
  });

  const faulty: [name: string, answer: RequestListener][] = [
    ['answers errors', (_incoming, outgoing) => void outgoing.writeHead(400).end('no')],
    ['breaks connections', (incoming) => void incoming.socket.destroy()],
    ['never answers', () => undefined],
  ];
  for (const [name, answer] of faulty)
    it(`that ${name} costs one warning, and a bounded time at the end`, async () => {
      const warnings: string[] = [];
      const warned = Promise.withResolvers<void>();
      let reports = 0;
      await using _receiver = await startReceiver((incoming, outgoing) => {
        reports += 1;
        answer(incoming, outgoing);
      });
      const telemetry = await openTelemetry(
        CONFIG,
        options((sentence) => {
          warnings.push(sentence);
          warned.resolve();
        }),
      );
      await warned.promise;
      telemetry.listener({ event: 'upload-granted', imageId: IMAGE }); // still counts
      await telemetry[Symbol.asyncDispose]();
      assert.ok(reports > 0);
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(
        warnings[0] ?? '',
        /^Metrics or traces may be lost; nothing else is affected\. OpenTelemetry says: ./,
      );
    });
});
