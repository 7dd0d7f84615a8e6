import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startListeners } from '../outbound/listeners.ts';
import { startNameServer } from '../outbound/name-server.ts';
import { certificatesInside, runInNamespace, withoutNamespace } from '../outbound/own-namespace.ts';
import { createWorld, turn } from './webhook-world.ts';

const PUBLIC = '93.184.215.14';
const NAMES = {
  'rebinding.test': (lookup: number) => [lookup === 1 ? PUBLIC : '127.0.0.1'],
  'public.test': [PUBLIC],
};

const inside = certificatesInside();

if (inside === undefined) {
  it('webhooks, in a network namespace where every address leads to a listener', { skip: withoutNamespace() }, () => {
    const { status, stdout, stderr } = runInNamespace(fileURLToPath(import.meta.url));
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^# pass 2$/m);
  });
} else {
  describe('a webhook', () => {
    it('whose name turns inward after its creation reaches nothing there', async () => {
      await using _names = await startNameServer(NAMES, {});
      await using listeners = await startListeners(inside);
      await using world = await createWorld({ allow: [] });
      const { id } = await world.webhook('https://rebinding.test/hooks');
      const told = async (): Promise<string[]> => {
        await world.change('ada 1');
        // A worker of its own, which looks the name up again.
        await using deliverer = world.deliverer(id);
        return await listeners.reachedBy(() => turn(world, deliverer, id));
      };
      assert.deepEqual([await told(), await told()], [[`${PUBLIC} 443`], []]);
      const [left] = await world.webhooks.unfinished(id, 10);
      assert.deepEqual([left?.event.revision, left?.last?.answer], [3, 'expected an answer; got none: not-permitted']);
    });

    it('that answers with a redirect to an address inside reaches nothing there', async () => {
      await using _names = await startNameServer(NAMES, {});
      await using listeners = await startListeners(inside);
      await using world = await createWorld({ allow: [] });
      const { id } = await world.webhook(`https://public.test/?to=${encodeURIComponent('http://127.0.0.1:8080/')}`);
      await world.change('ada 1');
      await using deliverer = world.deliverer(id);
      assert.deepEqual(await listeners.reachedBy(() => turn(world, deliverer, id)), [`${PUBLIC} 443`]);
      const [left] = await world.webhooks.unfinished(id, 10);
      assert.equal(left?.last?.answer, 'expected an answer; got none: redirect');
    });
  });
}
