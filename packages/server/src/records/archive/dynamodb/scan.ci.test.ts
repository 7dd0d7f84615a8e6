import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startFront } from '../../../../../../test/servers/front.ts';
import { createScanningClient, scanItems } from './scan.ts';

it("a scan with the service's own key, which may not, names the key that may", async () => {
  const answer = JSON.stringify({
    __type: 'com.amazon.coral.service#AccessDeniedException',
    Message: 'is not authorized',
  });
  const type = { 'Content-Type': 'application/x-amz-json-1.0' };
  await using front = await startFront((_, outgoing) => void outgoing.writeHead(400, type).end(answer)); // Amazon's; dynoxide checks no rights
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const client = await createScanningClient({ region: 'us-east-1', endpoint: front.url, credentials, caBundle: null });
  await assert.rejects(Array.fromAsync(scanItems(client, { table: 'images', prefixes: ['I#'] })), {
    code: 'unavailable',
    detail:
      "The credentials may not scan the table images: use an operator's; npm run admin -- provision --policies prints what they need",
  });
  client.destroy();
});
