import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, it } from 'node:test';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import { openBucket } from './open.ts';
import { makeCertificate, NO_CERTIFICATE, startStoreFront } from './store-front.fixture.ts';

/** The error that an operator gets if the endpoint can't be opened. */
const toldBy = async (endpoint: string, caBundle: string | null = null): Promise<string> => {
  const opening = openBucket({
    bucket: 'images',
    region: 'us-east-1',
    endpoint,
    publicEndpoint: endpoint,
    isPathStyle: true,
    lacks: [],
    caBundle,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    presignedSeconds: 300,
    uploadPartsHours: 20,
    clock: { now: () => new Date(), elapsedMs: () => performance.now() },
    staging: { stage: () => assert.fail('expected no object') },
    observe: hearing('warning', ({ sentence }) => assert.fail(sentence)),
  });
  const error: unknown = await opening.then(
    () => assert.fail('expected no open bucket'),
    (refused) => refused,
  );
  assert.ok(error instanceof Error && 'detail' in error);
  return String(error.detail);
};

describe('an endpoint that is not S3 is named, with the variable', { concurrency: true }, () => {
  for (const [status, type, body] of [
    [200, 'text/html', '<!doctype html><html><head><meta charset=utf-8></head></html>'],
    [404, 'text/html; charset=utf-8', '<html><body>Not found</body></html>'],
    [403, 'application/problem+json', '{"code":"origin-not-allowed"}'],
    [404, 'text/plain', '404 page not found'],
    [502, 'text/html', '<html><body>Bad gateway</body></html>'],
  ] as const)
    it(`by an answer with status ${status} and ${type}`, async () => {
      await using front = await startStoreFront({
        to: 'http://127.0.0.1:9',
        answer(_, outgoing) {
          outgoing.writeHead(status, { 'content-type': type }).end(body);
          return 'answered';
        },
      });
      assert.equal(
        await toldBy(front.url),
        `${front.url} is not S3, which answers XML (got status ${status} with ${type.split(';')[0]}): set AWS_ENDPOINT_URL_S3 to the store's own address`,
      );
    });

  it('by an answer that is no HTTP', async () => {
    const server = createTcpServer((socket) => socket.on('data', () => socket.end('-ERR unknown command\r\n')));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.equal(
        await toldBy(endpoint),
        `${endpoint} doesn't speak HTTP: check AWS_ENDPOINT_URL_S3, and whether its port needs https`,
      );
    } finally {
      server.close();
    }
  });

  it('by TLS without TLS behind it, a certificate for another name, and a bundle without certificates', {
    skip: NO_CERTIFICATE,
  }, async () => {
    const plain = createServer((_, response) => response.end());
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const { port } = plain.address() as AddressInfo;
    try {
      assert.match(await toldBy(`https://127.0.0.1:${port}`), /doesn't speak TLS: set AWS_ENDPOINT_URL_S3/);
    } finally {
      plain.close();
    }
    await using certificate = await makeCertificate();
    await using front = await startStoreFront({ to: 'http://127.0.0.1:9', certificate });
    const endpoint = front.url.replace('127.0.0.1', 'localhost');
    assert.equal(
      await toldBy(endpoint, certificate.path),
      `${endpoint} has a certificate for another name: set AWS_ENDPOINT_URL_S3 to a name that is in it`,
    );
    const bundle = `${certificate.path}.empty`;
    await writeFile(bundle, 'no certificate');
    assert.equal(
      await toldBy(endpoint, bundle),
      `${bundle} has no certificate in PEM: set AWS_CA_BUNDLE to a file that has`,
    );
  });
});
