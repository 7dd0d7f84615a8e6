import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { createClient, type SafelightClient } from '@safelight/client';
import { Webhook } from 'standardwebhooks';
import { answers, OK, startReceiver } from '../../../test/servers/webhook-receiver.ts';
import { keyFrom } from '../../server/test/services/keys-command.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

describe('events and webhooks', () => {
  let service: RunningService;
  let shell: Shell;
  let ada: SafelightClient;
  let asAdmin: { readonly env: Record<string, string> };

  before(async () => {
    service = await startService({
      AUTH: 'api-key',
      EVENTS: 'on',
      OUTBOUND_ALLOW: '127.0.0.1/32',
      LOG_LEVEL: 'warn',
    });
    const { origin: baseUrl, folder } = service;
    const scopes = ['--scopes', 'images:read,images:write'];
    const { key: token } = await keyFrom(folder, ['create', '--name', 'ada', '--owner', 'ada', ...scopes]);
    const { key: admin } = await keyFrom(folder, ['create', '--admin']);
    shell = await openShell({ SAFELIGHT_URL: baseUrl, SAFELIGHT_TOKEN: token });
    asAdmin = { env: { SAFELIGHT_TOKEN: admin, SAFELIGHT_USER: 'Åda' } };
    ada = createClient({ baseUrl, token });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** The id of a new image. */
  const upload = async (name: string): Promise<string> =>
    (await ada.upload(new Blob([new Uint8Array(picture(name))]))).image_id;

  it('tail prints events as they come, until Ctrl-C', async () => {
    const running = shell.start(['events', 'tail', '--type', 'image.updated,image.trashed']);
    await running.printed(/Waiting for events/);
    const id = await upload('tailed');
    await ada.images.update(id, { tags: ['sea'], description: 'Sea' });
    await ada.images.trash(id);
    await running.printed(/image\.trashed/);
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    assert.equal(exitCode, 130, stderr);
    const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';
    const lines = [`${id}\t${time}\timage.updated \tada  tags  description`, `${id}\t${time}\timage.trashed \tada`];
    assert.match(stdout, new RegExp(`^${lines.join('\n')}\n$`));
    assert.equal(stderr, 'Waiting for events. Ctrl-C ends it.\nStopping. Press Ctrl-C again to stop at once.\n');
  });

  it('tail goes on after a cursor, and ends when its reader has left', async () => {
    const { events } = (await ada.request('/events', { query: { limit: 1 } })) as { events: { event_id: string }[] };
    const { next_cursor: cursor } = (await ada.request('/events', { query: { limit: 1 } })) as { next_cursor: string };
    const running = shell.start(['events', 'tail', '--json', '--cursor', cursor]);
    const stdout = running.child.stdout ?? assert.fail();
    const [text] = await once(stdout, 'data');
    const [line = ''] = String(text).split('\n', 1);
    assert.notEqual(JSON.parse(line).event_id, events[0]?.event_id);
    assert.equal(JSON.parse(line).type, 'image.updated');
    stdout.destroy();
    await upload('unread');
    assert.equal((await running.ended).exitCode, 141);
  });

  it('listen forwards each event, signed, in order for each image, over failures of the receiver', async () => {
    await using receiver = await startReceiver((message, response, request) => {
      const isFirst = receiver.received.length === 1;
      const answering = isFirst
        ? answers(500, {}, 'no database')
        : answers(message.type === 'image.updated' ? 410 : 204);
      return answering(message, response, request);
    });
    const running = shell.start(['listen', '--forward', receiver.url, '--json']);
    await running.printed(/"event":"listening"/);
    const id = await upload('forwarded');
    await receiver.until(1);
    await ada.images.update(id, { tags: ['a'] });
    const other = await upload('another');
    await running.printed(/"event":"(?:delivered|failed)"/, 3);
    running.child.kill('SIGINT');
    const { exitCode, stderr, json } = await running.ended;
    assert.deepEqual([exitCode, stderr], [130, '']);
    const [listening, ...lines] = json();
    const secret = String(listening?.['secret']);
    for (const { body, headers } of receiver.received) {
      const { data } = new Webhook(secret).verify(body, headers as Record<string, string>) as {
        data: Record<string, unknown>;
      };
      assert.deepEqual([headers['ce-id'], headers['ce-subject']], [data['event_id'], data['image_id']]);
      assert.deepEqual([headers['ce-source'], data['cursor']], [service.origin, undefined]);
    }
    const ofOne = lines.filter(({ image_id }) => image_id === id);
    assert.deepEqual(
      ofOne.map(({ event, type, error }) => [event, type, error?.code]),
      [
        ['delivered', 'image.ready', undefined],
        ['failed', 'image.updated', 'not-delivered'],
      ],
    );
    assert.equal(ofOne[0]?.['attempts'], 2);
    assert.equal(lines.find(({ image_id }) => image_id === other)?.event, 'delivered');
    assert.deepEqual(lines.at(-1), { event: 'summary', delivered: 2, failed: 1, interrupted: true });
  });

  it('listen tells people of each attempt, and keeps a secret that it is given to itself', async () => {
    await using receiver = await startReceiver(answers(503, {}, 'starting\u001b[2J'));
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const env = { SAFELIGHT_WEBHOOK_SECRET: secret };
    const running = shell.start(['listen', '--forward', receiver.url], { env });
    await running.printed(/Events go to/);
    const id = await upload('retried');
    await receiver.until(2);
    receiver.answering = OK;
    await running.printed(/attempt 3/);
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    assert.equal(exitCode, 130);
    assert.match(stdout, new RegExp(`^${id}\timage.ready +\t204 in \\d+ ms, attempt 3\n$`));
    assert.match(stderr, /image\.ready: 503 in \d+ ms: starting\\u001b\[2J; again in 0\.5 s\n/);
    assert.match(stderr, /1 event delivered\.\n$/);
    assert.ok(!`${stdout}${stderr}`.includes(secret));
    for (const { body, headers } of receiver.received)
      new Webhook(secret).verify(body, headers as Record<string, string>);
  });

  it('an admin makes a webhook, sees what became of deliveries, and has them repeated', async () => {
    await using receiver = await startReceiver(OK);
    const run = (...args: string[]) => shell.run(['webhooks', ...args], asAdmin);
    const made = await run('create', receiver.url, '--type', 'image.ready');
    const secret = made.stdout.trim();
    const id = /^Webhook (\S+)\. Keep its secret now/.exec(made.stderr)?.[1] ?? assert.fail(made.stderr);
    const image = await upload('told');
    await receiver.until(1);
    const [{ body, headers } = assert.fail()] = receiver.received;
    new Webhook(secret).verify(body, headers as Record<string, string>);

    receiver.answering = answers(500, {}, 'no');
    const tested = await run('test', id);
    assert.deepEqual([tested.exitCode, tested.stdout.replace(/\d+ ms/, 'N ms')], [1, 'failed: 500 in N ms: no\n']);
    const changed = await run('change', id, '--all-types', '--owner', 'eve');
    assert.match(changed.stdout, /^Events +all\nUser +eve\nState +active/m, changed.stderr);
    assert.match((await run('pause', id)).stdout, /^State +paused \(asked\) since 2/m);
    assert.equal((await run()).stdout, `${id}\tpaused (asked)\t${receiver.url}  eve\n`);
    const delivered = await run('deliveries', id, '--status', 'delivered');
    assert.match(delivered.stdout, new RegExp(`^${image}-\\d\tdelivered\t[^\t]+\timage.ready +\t204 in \\d+ ms\n$`));
    const again = await shell.run(['webhooks', 'replay', id, '-'], { ...asAdmin, stdin: `${delivered.stdout}x-1\n` });
    assert.deepEqual([again.exitCode, again.stdout], [1, '1 delivery due again, 1 not found or not finished.\n']);
    const rotated = await run('rotate', id);
    assert.match(rotated.stdout, /^whsec_\S+\n$/);
    assert.notEqual(rotated.stdout.trim(), secret);
    assert.equal((await run('remove', id)).stdout, `Webhook ${id} is removed.\n`);
  });

  it('others than admins may not', async () => {
    assert.equal((await shell.run(['webhooks'])).exitCode, 3);
  });
});
