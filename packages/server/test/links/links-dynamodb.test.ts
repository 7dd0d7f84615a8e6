import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createTable } from '../../../../test/servers/table.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { environmentOf } from '../services/dynamo-service.ts';
import { createDynamodbService } from '../services/dynamodb-service.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { ADA, createdLink, linksOf, outcomeOf, postLink, sendTo } from './link-requests.ts';

const PHOTO = { type: 'image/jpeg', width: 64, height: 48 } as const;

/** The call that writes a changed record. */
const WRITE = 'UpdateItem image';

interface Pair extends AsyncDisposable {
  readonly first: TestService;
  readonly second: TestService;
}

describe('two services on one table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Each has a folder of its own for objects, so the second has no bytes. A HEAD needs none. */
  async function createPair(): Promise<Pair> {
    await using stack = new AsyncDisposableStack();
    const { name } = stack.use(await createTable(server.dynamo));
    const environment = { ...environmentOf({ name, dynamo: server.dynamo }), SECRET_KEY: 's'.repeat(32) };
    const first = stack.use(await createSharingService({ environment }));
    const second = stack.use(await createSharingService({ environment }));
    const held = stack.move();
    return { first, second, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  it('agree about links at once: one made or revoked in the first is so in the second', async () => {
    await using pair = await createPair();
    const { first, second } = pair;
    const id = await uploadPicture(first, PHOTO);
    const [one, other, third] = [
      await createdLink(first, id),
      await createdLink(first, id),
      await createdLink(first, id),
    ];
    const headed = async (url: string) => (await second.send(url, { method: 'HEAD' })).status;
    const opened = async () => {
      const statuses: number[] = [];
      for (const { url } of [one, other, third]) statuses.push(await headed(url));
      return statuses;
    };
    assert.deepEqual(await opened(), [200, 200, 200]);
    assert.equal((await sendTo(first, 'DELETE', `/images/${id}/links/${one.link_id}`)).status, 200);
    assert.deepEqual(await opened(), [404, 200, 200]);
    assert.equal((await sendTo(first, 'POST', `/images/${id}/revoke-links`)).status, 200);
    assert.deepEqual(await opened(), [404, 404, 404]);
    const { url } = await createdLink(first, id);
    assert.equal(await headed(url), 200);
    const change = { ...json({ visibility: 'public' }, ADA), method: 'PATCH' };
    assert.equal((await first.request(`/images/${id}`, change)).status, 200);
    assert.equal(await headed(url), 404);
  });

  it('make exactly fifty links if both are asked for thirty at once, and a 503 is repeated', async () => {
    await using pair = await createPair();
    const { first, second } = pair;
    const id = await uploadPicture(first, PHOTO);
    const outcomeAt = async (service: TestService): Promise<string> => {
      const outcome = await outcomeOf(postLink(service, id));
      return outcome === '503 unavailable' ? outcomeAt(service) : outcome;
    };
    const asked = [first, second].flatMap((service) => Array.from({ length: 30 }, () => outcomeAt(service)));
    const outcomes = Object.groupBy(await Promise.all(asked), (outcome) => outcome);
    assert.deepEqual(
      [outcomes['201']?.length, outcomes['409 too-many-links']?.length, Object.keys(outcomes).length],
      [50, 10, 2],
    );
    const { links } = await linksOf(second, id);
    assert.equal(new Set(links.map(({ link_id }) => link_id)).size, 50);
  });

  it('make a link once, although the answer of the table was lost and the image changed before the repetition', async () => {
    await using service = await createDynamodbService(server.dynamo);
    const { proxy } = service;
    const id = await uploadPicture(service, PHOTO);
    proxy.fail({ kind: 'lost answer', name: WRITE, nth: 1, lasts: 'once' });
    const first = proxy.hold(WRITE, 'before');
    const making = createdLink(service, id);
    await first.reached;
    const repeated = proxy.hold(WRITE, 'before');
    first.release();
    await repeated.reached;
    const change = { ...json({ description: 'meanwhile' }, ADA), method: 'PATCH' };
    assert.equal((await service.request(`/images/${id}`, change)).status, 200);
    repeated.release();
    const made = await making;
    assert.deepEqual(await linksOf(service, id), { count: 1, links: [made] });
  });
});
