import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createClosedService } from '../services/closed-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { createDeciding, describeDecisions } from './decisions.ts';
import { LATER, type Question, startReceiver } from './gate-receiver.ts';
import { createTableEnvironment, PICTURE, withStores } from './gated-service.ts';
import { decide, grant, later, moderatorOf, put, SHA256, statusOf, sweep, upload } from './moderation.ts';
import { createTestGate, LATER as TO_LATER } from './test-gate.ts';

describe('on SQLite', () => describeDecisions(createDeciding));

describe('on DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeDecisions(async (gates, { environment, ...options } = {}) => {
    const shared = await createTableEnvironment(server.dynamo);
    const service = await createDeciding(gates, {
      environment: { ...shared.environment, ...environment },
      ...options,
    });
    return withStores(service, shared);
  });
});

describe('a decision', () => {
  it('survives the process: one that comes before a lost answer counts for the next one that verifies', async () => {
    const gate = createTestGate('review');
    await using service = await createDeciding([gate]);
    const { id, url } = await grant(service);
    const { images } = service.services;
    const replace = images.replace;
    let isDead = false;
    gate.answer = async () => {
      await decide(service, service.admin, id, { verdict: 'pass' });
      isDead = true;
      return TO_LATER;
    };
    Object.assign(images, {
      replace: async (...given: Parameters<typeof replace>) => {
        if (isDead) throw new Error('the process is dead');
        return replace(...given);
      },
    });
    await put(service, url); // 20 s: it waits for another process
    isDead = false;
    assert.equal(await statusOf(service, id), 'pending');
    await sweep(service, 10);
    assert.equal(await statusOf(service, id), 'ready');
    assert.equal(gate.asked, 1);
  });
});

describe('a moderator', () => {
  it('lists held images of all owners and no others, and sees gates and decisions', async () => {
    await using service = await createDeciding([later('review')]);
    const moderator = await moderatorOf(service);
    const { id } = await upload(service);
    const list = async (query: string) => await service.as(moderator, `/images${query}`);
    for (const query of ['?status=held', '?status=held&user_id=ada']) {
      const { images } = (await (await list(query)).json()) as { images: { image_id: string; sha256: string }[] };
      assert.deepEqual(
        images.map((one) => [one.image_id, one.sha256]),
        [[id, SHA256]],
      );
    }
    for (const query of [
      '',
      '?status=ready',
      '?status=rejected',
      '?status=pending',
      '?user_id=ada',
      '?q=sea&user_id=ada',
    ])
      assert.equal((await list(query)).status, 403, query);
    for (const path of ['/gates', `/images/${id}/decisions`])
      assert.equal((await service.as(moderator, path)).status, 200, path);
    for (const path of ['/keys', '/users', `/images/${id}/metadata`, `/images/${id}/original`, '/usage?user_id=ada'])
      assert.equal((await service.as(moderator, path)).status, 403, path);
  });

  it('has a key that acts for everyone', async () => {
    await using service = await createDeciding([]);
    const create = (terms: object) =>
      service.as(service.admin, '/keys', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'm', scopes: ['images:moderate'], ...terms }),
      });
    for (const terms of [{ owner: 'ada' }, { acts_as: ['ada'] }, { owner: 'ada', acts_as: ['bob'] }])
      assert.equal((await create(terms)).status, 400, JSON.stringify(terms));
    assert.equal((await create({ acts_as: ['*'] })).status, 201);
  });
});

describe('an open service', () => {
  it('has no decisions of persons, because uploaders would approve themselves', async () => {
    const gate = later('review');
    await using service = await createSharingService({ overrides: { gates: [gate] } });
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new File([PICTURE], 'a.jpg', { type: 'image/jpeg' }));
    const { image_id: id } = (await (await service.request('/images', { method: 'POST', body: form })).json()) as {
      image_id: string;
    };
    for (const image of [id, '01890a5d-ac96-774b-bcce-b302099a8057']) {
      const answer = await service.request(`/images/${image}/decision`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ gate: 'review', sha256: SHA256, verdict: 'pass' }),
      });
      assert.equal(answer.status, 403);
      assert.match(((await answer.json()) as { detail: string }).detail, /AUTH/);
    }
  });
});

describe('a receiver of an HTTP gate', () => {
  it('may decide before it has answered 202', async () => {
    await using receiver = await startReceiver(LATER);
    await using service = await createClosedService({ environment: receiver.environment });
    const moderator = await moderatorOf(service);
    receiver.answering = async ({ gate, image }: Question, response) => {
      const { id, sha256 } = image;
      assert.equal((await decide(service, moderator, id, { gate, sha256, verdict: 'pass' })).status, 200);
      response.writeHead(202).end();
    };
    const { id } = await upload(service);
    assert.equal(await statusOf(service, id), 'ready');
  });
});
