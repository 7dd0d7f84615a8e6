import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CreatedKey, Image } from '../answers.ts';
import { type Api, connect, json, newUser, put, type Query, search } from '../api.ts';
import { EVENTS_SAY, type EventPage, type ImageEvent, shownIn, streamed } from '../event-answers.ts';
import { eventually } from '../eventually.ts';
import { HTML, picture } from '../pictures.ts';
import { describeWebhooks } from './webhooks.ts';

const POST: RequestInit = { method: 'POST' };

/** All types but `image.expired`, which needs minutes. */
export const describeEvents = (api: Api): void => {
  if (!api.hasEvents) describeNoEvents(api);
  else if (api.hasGates) describeHeld(api);
  else {
    describeLog(api);
    describeStream(api);
    describeWebhooks(api);
  }
};

const describeNoEvents = (api: Api): void => {
  describe('A service without EVENTS', () => {
    it('answers 404 on /events and /webhooks', async () => {
      for (const path of ['/events', '/events?wait=20']) await api.refused('route-not-found', path);
      const admin = api.isOpen ? api : api.asAdmin;
      await admin?.refused('route-not-found', '/webhooks');
    });
  });
};

const describeHeld = (api: Api): void => {
  it('an image that waits for a gate is image.held, and then what was decided', async () => {
    const admin = api.asAdmin ?? assert.fail('expected the key of an admin');
    const user_id = newUser();
    const grant = await api.grant({ user_id, content_type: 'image/png' });
    await put(grant, await picture());
    const held = await api.ask<Image>(`/images/${grant.image_id}/complete`, POST);
    assert.equal(held.status, 'held');
    await admin.ask(
      `/images/${held.image_id}/decision`,
      json({ gate: 'people', sha256: held.sha256, verdict: 'pass' }),
    );
    assert.deepEqual(typesOf(await eventsOf(api, { user_id }, 2)), ['image.held', 'image.ready']);
  });
};

const describeLog = (api: Api): void => {
  const upload = async (user: string): Promise<Image> => api.upload(user, await picture());
  const change = (id: string, fields: object): Promise<Image> => api.ask(`/images/${id}`, json(fields, {}, 'PATCH'));
  const page = (query: Query): Promise<EventPage> => api.ask(`/events?${search(query)}`);

  describe('GET /events', () => {
    it('tells each change of an image, in the order of its revisions, and nothing that opens it', async () => {
      const user_id = newUser();
      const image = await upload(user_id);
      const id = image.image_id;
      const fields = {
        filename: 'b.png',
        tags: ['b'],
        description: 'b',
        metadata: { b: 1 },
        focal_point: { x: 0, y: 1 },
      };
      const changed = await change(id, { ...fields, visibility: 'public' });
      await api.ask(`/images/${id}/revoke-links`, POST);
      const life: (readonly [type: string, status: string, changed?: readonly string[]])[] = [
        ['image.ready', 'ready'],
        ['image.updated', 'ready', [...Object.keys(fields), 'visibility', 'links']],
        ['image.updated', 'ready', ['links']],
      ];
      if (api.trashDays > 0) {
        for (const verb of ['trash', 'restore']) await api.ask(`/images/${id}/${verb}`, POST);
        life.push(['image.trashed', 'trashed'], ['image.restored', 'ready']);
      }
      await api.ask(`/images/${id}`, { method: 'DELETE' });
      life.push(['image.deleted', 'deleted']);

      const events = await eventsOf(api, { user_id }, life.length);
      assert.deepEqual(
        events.map(({ type, status, changed }) => (changed ? [type, status, changed] : [type, status])),
        life,
      );
      assert.deepEqual([events[0]?.revision, events[1]?.revision], [image.revision, changed.revision]);
      assert.equal(events[1]?.time, changed.updated_at);
      for (const [index, event] of events.entries()) {
        assert.deepEqual(Object.keys(event).toSorted(), EVENTS_SAY.concat(event.changed ? 'changed' : []).toSorted());
        assert.deepEqual([event.image_id, event.user_id], [id, user_id]);
        assert.equal(event.event_id, `${id}-${event.revision}`);
        assert.ok(event.revision > (events[index - 1]?.revision ?? 0), JSON.stringify(events));
      }
    });

    it('tells why an upload was rejected', async () => {
      const user_id = newUser();
      const grant = await api.grant({ user_id });
      await put(grant, HTML);
      await api.send(`/images/${grant.image_id}/complete`, POST);
      const [event] = await eventsOf(api, { user_id }, 1);
      assert.deepEqual([event?.type, event?.status], ['image.rejected', 'rejected']);
      assert.equal(event?.code, (await api.metadata(grant.image_id)).rejection?.code);
    });

    it('tells nothing of grants, of a link, and of a change to the same fields', async () => {
      const user_id = newUser();
      await api.grant({ user_id });
      const { image_id } = await upload(user_id);
      await change(image_id, { tags: ['a'] });
      await change(image_id, { tags: ['a'] });
      await api.ask(`/images/${image_id}/links`, json({ what: 'original' }));
      await change(image_id, { description: 'the last one' });
      const events = await eventsOf(api, { user_id }, 3);
      assert.deepEqual(
        events.map(({ changed }) => changed),
        [undefined, ['tags'], ['description']],
      );
    });

    it('resumes after each event by the cursor of its page', async () => {
      const user_id = newUser();
      const { image_id } = await upload(user_id);
      for (const tag of ['a', 'b', 'c']) await change(image_id, { tags: [tag] });
      const all = await eventsOf(api, { user_id }, 4);
      const seen: ImageEvent[] = [];
      let query: Query = { user_id, limit: 1 };
      for (let hasMore = true; hasMore; ) {
        const { count, events, next_cursor: cursor, has_more } = await page(query);
        assert.equal(count, events.length);
        assert.ok(count <= 1);
        seen.push(...events);
        query = { user_id, limit: 1, cursor };
        hasMore = has_more;
      }
      assert.deepEqual(seen, all);
      await change(image_id, { tags: ['d'] });
      const later = await eventsOf(api, query, 1);
      assert.deepEqual([later.length, later[0]?.changed], [1, ['tags']]);
      assert.ok((later[0]?.revision ?? 0) > (all.at(-1)?.revision ?? 0));
    });

    it('waits for the next event with wait=, and answers an empty page with the same place without one', async () => {
      const user_id = newUser();
      const { next_cursor: cursor } = await page({ user_id, from: 'now' });
      const none = await page({ user_id, cursor, wait: 1 });
      assert.deepEqual(none.events, []);
      const sinceMs = performance.now();
      const waiting = page({ user_id, cursor: none.next_cursor, wait: 20 });
      const { image_id } = await upload(user_id);
      let { events } = await waiting;
      const isLate = performance.now() - sinceMs > 19_000; // the upload may have taken longer than the wait
      if (isLate) events = [...(await eventsOf(api, { user_id, cursor: none.next_cursor }, 1))];
      assert.deepEqual(
        events.map((event) => [event.type, event.image_id]),
        [['image.ready', image_id]],
      );
    });

    it('filters by types, image and user; a cursor passes what its filter left out', async () => {
      const user_id = newUser();
      const [one, other] = [await upload(user_id), await upload(user_id)];
      await change(one.image_id, { tags: ['a'] });
      await change(other.image_id, { tags: ['b'] });
      await eventsOf(api, { user_id }, 4);
      const updated = await eventsOf(api, { user_id, type: ['image.updated', 'image.held'] }, 2);
      assert.deepEqual(new Set(typesOf(updated)), new Set(['image.updated']));
      const pagewise = await shownIn(page, { user_id, type: 'image.ready', limit: 1 });
      assert.deepEqual(typesOf(pagewise.events), ['image.ready', 'image.ready']);
      const ofOne = await eventsOf(api, { user_id, image_id: one.image_id }, 2);
      assert.deepEqual(typesOf(ofOne), ['image.ready', 'image.updated']);
      assert.deepEqual(new Set(ofOne.map((event) => event.image_id)), new Set([one.image_id]));
      assert.deepEqual((await shownIn(page, { user_id: newUser(), image_id: one.image_id })).events, []);
      const { cursor } = await shownIn(page, { user_id, type: 'image.deleted' });
      assert.deepEqual((await page({ user_id, cursor })).events, []);
    });

    it('400 for an unknown type, a wrong id, a limit or wait out of range, a beginning beside a cursor', async () => {
      const { next_cursor: cursor } = await page({ from: 'now', user_id: newUser() });
      const wrong: readonly (readonly [Query, string])[] = [
        [{ type: 'image.seen' }, 'type'],
        [{ image_id: 'no-id' }, 'image_id'],
        [{ limit: 0 }, 'limit'],
        [{ limit: 1_001 }, 'limit'],
        [{ wait: 26 }, 'wait'],
        [{ cursor, from: 'now' }, 'from'],
      ];
      for (const [query, field] of wrong)
        await api.refused('invalid-request', `/events?${search({ user_id: newUser(), ...query })}`, {}, field);
      await api.refused('invalid-cursor', `/events?${search({ user_id: newUser(), cursor: `${cursor}A` })}`);
    });

    it('shows two users their own events alone, and an upload-only key none', {
      skip: (api.isOpen || !api.asAdmin) && 'this run has no key of an admin',
    }, async () => {
      const keyOf = async (owner: string, scopes: readonly string[]): Promise<string> => {
        const terms = json({ name: 'events', owner, scopes });
        return (await api.asAdmin?.ask<CreatedKey>('/keys', terms))?.key ?? assert.fail('expected a key');
      };
      const users = [newUser(), newUser()];
      const owned = await Promise.all(users.map(async (user) => (await upload(user)).image_id));
      for (const [index, asUser] of users.entries()) {
        const own = await connect(api.base, { token: await keyOf(asUser, ['images:read']), asUser });
        const events = await eventsOf(own, {}, 1);
        for (const event of events) assert.deepEqual([event.image_id, event.user_id], [owned[index], asUser]);
        await own.refused('forbidden', `/events?user_id=${users[1 - index]}`);
        await using stream = await streamed(own, { from: 'oldest' });
        assert.equal((await stream.next()).image_id, owned[index]);
        await change(owned[1 - index] ?? '', { tags: ['of another'] });
        await change(owned[index] ?? '', { tags: ['mine'] });
        assert.equal((await stream.next()).image_id, owned[index]);
      }
      const uploader = await connect(api.base, { token: await keyOf(newUser(), ['images:upload']) });
      await uploader.refused('missing-scope', '/events');
    });
  });
};

const describeStream = (api: Api): void => {
  describe('GET /events as text/event-stream', () => {
    it('is an uncached, unbuffered stream, and begins now', async () => {
      const user_id = newUser();
      await api.upload(user_id, await picture());
      await eventsOf(api, { user_id }, 1);
      await using stream = await streamed(api, { user_id });
      const { headers } = stream;
      assert.equal(headers.get('content-type'), 'text/event-stream');
      assert.equal(headers.get('x-accel-buffering'), 'no');
      assert.match(headers.get('cache-control') ?? '', /no-store/);
      const { image_id } = await api.upload(user_id, await picture());
      assert.equal((await stream.next()).image_id, image_id);
    });

    it('names each event by its type, and goes on after the Last-Event-ID without loss or repeat', async () => {
      const user_id = newUser();
      const { image_id } = await api.upload(user_id, await picture());
      for (const tags of [['a'], ['b']]) await api.ask(`/images/${image_id}`, json({ tags }, {}, 'PATCH'));
      const all = await eventsOf(api, { user_id }, 3);
      const seen: ImageEvent[] = [];
      let lastId: string | undefined;
      for (let nth = 0; nth < all.length; nth += 1) {
        await using stream = await streamed(api, { user_id, ...(lastId === undefined && { from: 'oldest' }) }, lastId);
        const { id, name, ...event } = await stream.next();
        assert.equal(name, event.type);
        lastId = id;
        seen.push(event);
      }
      assert.deepEqual(seen, all);
      await api.ask(`/images/${image_id}`, json({ description: 'live' }, {}, 'PATCH'));
      await using stream = await streamed(api, { user_id }, lastId);
      assert.deepEqual((await stream.next()).changed, ['description']);
    });
  });
};

/** The events of a query, once there are so many. */
const eventsOf = (api: Api, query: Query, count: number): Promise<readonly ImageEvent[]> =>
  eventually(async () => {
    const page = (asked: Query): Promise<EventPage> => api.ask(`/events?${search(asked)}`);
    const { events } = await shownIn(page, query);
    assert.ok(events.length >= count, `expected ${count} events; got ${JSON.stringify(events)}`);
    return events;
  });

const typesOf = (events: readonly ImageEvent[]): readonly string[] => events.map(({ type }) => type);
