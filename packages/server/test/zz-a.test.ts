import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { guestOf, answered } from './albums/guest.ts';
import { onEachRepository } from './services/on-each-repository.ts';
import { json } from './services/service.ts';
import { sweepOnce } from '../src/run/worker.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const show = async (name: string, answer: Response | Promise<Response>) => {
  const a = await answer;
  const t = await a.text();
  console.log('##', name, a.status, t.slice(0, 600));
  try { return JSON.parse(t); } catch { return t; }
};
onEachRepository('zz', (serviceOf) => {
  it('A reopen', async () => {
    const g = await guestOf(serviceOf(), { approve: true, max_images: 5 });
    const l = `/albums/${g.album}/links/${g.link}`;
    await show('A closed', g.call(l, 'PATCH', { allow: ['view'] }));
    await show('A reopened', g.call(l, 'PATCH', { allow: ['view', 'contribute'] }));
    const v = await answered<any>(await g.call(`/albums/${g.album}/links`, 'POST', { allow: ['view'] }), 201);
    await show('A view then contribute', g.call(`/albums/${g.album}/links/${v.link_id}`, 'PATCH', { allow: ['view', 'contribute'] }));
  });
  it('B expired dropped', async () => {
    const g = await guestOf(serviceOf(), { expires_in: 60 });
    const one = await g.grant(picture);
    serviceOf().clock.offsetMs += 61_000;
    const second = await g.grant(picture).catch((e) => console.log('## B grant after expiry', String(e).slice(0, 200)));
    await g.call(`/albums/${g.album}/links`, 'POST', { allow: ['view'] });
    await show('B put', g.put(one, picture));
    void second;
  });
  it('C approve later', async () => {
    const g = await guestOf(serviceOf());
    const keyed = { 'idempotency-key': 'k1' };
    const ask = (f: object = {}) => g.ask('/uploads', { ...json({ content_type: 'image/jpeg', size: picture.length, ...f }), headers: { 'content-type': 'application/json', ...keyed } });
    const one = await show('C grant', ask());
    await show('C patch', g.call(`/albums/${g.album}/links/${g.link}`, 'PATCH', { approve: true }));
    const again = await show('C replay', ask({ name: 'Other' }));
    await show('C put', g.put(again, picture));
    await show('C complete', g.complete(one.image_id));
    await show('C replay ready', ask());
  });
  it('D second album', async () => {
    const g = await guestOf(serviceOf());
    const one = await g.grant(picture);
    let other = '~';
    for (; other >= g.album; ) other = (await answered<any>(await g.call('/albums', 'POST', { title: 'x' }), 201)).album_id as string;
    await show('D add pending to another', g.call(`/albums/${other}/images`, 'POST', { add: [one.image_id] }));
    await show('D put', g.put(one, picture));
    const two = await g.grant(picture);
    await show('D2 move', g.call(`/albums/${other}/images`, 'POST', { add: [two.image_id] }));
    await show('D2 move', g.call(`/albums/${g.album}/images`, 'POST', { remove: [two.image_id] }));
    await show('D2 put', g.put(two, picture));
  });
  it('E held removed', async () => {
    const g = await guestOf(serviceOf(), { approve: true });
    const { image_id: id } = await g.add(picture);
    await show('E remove', g.call(`/albums/${g.album}/images`, 'POST', { remove: [id] }));
    await show('E decide', g.decide(id, 'pass'));
    console.log('## E waiting', await g.waiting());
    const other = (await answered<any>(await g.call('/albums', 'POST', { title: 'x' }), 201)).album_id as string;
    await show('E add', g.call(`/albums/${other}/images`, 'POST', { add: [id] }));
    await show('E decide other', g.call(`/albums/${other}/contributions/${id}`, 'PUT', { verdict: 'pass' }));
    const late = await g.add(picture);
    serviceOf().clock.offsetMs += 6 * 86_400_000;
    await show('E shown', g.call(`/albums/${g.album}`, 'GET'));
    void late;
  });
  it('F trash then take back; wording', async () => {
    const g = await guestOf(serviceOf(), { content_types: ['image/jpeg'] });
    const { image_id: id } = await g.add(picture);
    await show('F trash', g.call(`/images/${id}/trash`, 'POST'));
    await show('F take back', g.takeBack(id));
    await show('F complete', g.complete(id));
    await show('F restore', g.call(`/images/${id}/restore`, 'POST'));
    await show('F take back', g.takeBack(id));
    await show('F type', g.ask('/uploads', json({ content_type: 'image/png', size: 3 })));
    await show('F size', g.ask('/uploads', json({ content_type: 'image/jpeg', size: 3e9 })));
    await show('F grant json', g.ask('/uploads', json({ content_type: 'image/jpeg', size: 300 })));
    await show('F owner not contribution', g.decide(id, 'pass'));
  });
  it('G race', async () => {
    const g = await guestOf(serviceOf(), {});
    const before = await show('G usage', g.call('/usage'));
    const put: any[] = [];
    for (let i = 0; i < 30; i++) put.push(await g.grant(picture));
    const out = await Promise.all(put.map(async (one, i) => {
      const p = g.put(one, picture).then((r) => r.status);
      await new Promise((r) => setTimeout(r, (i * 7) % 60));
      const t = (await g.takeBack(one.image_id)).status;
      return `${await p}/${t}`;
    }));
    console.log('## G', out.join(' '));
    for (const one of put) { const r = await g.takeBack(one.image_id); if (r.status !== 404) console.log('## G second', r.status); }
    const { services } = serviceOf();
    for (let i = 0; i < 3; i++) { serviceOf().clock.offsetMs += 3_600_000; await sweepOnce(services, { holder: services.newId(), signal: new AbortController().signal }); }
    await show('G usage after', g.call('/usage'));
    let n = 0; for await (const { key } of services.objects.list('incoming/' as never)) { n++; console.log('## G left', key); }
    console.log('## G shown', await g.shown(), n, before && 0);
  });
  it('H 50 parallel', async () => {
    const g = await guestOf(serviceOf(), { max_images: 20 });
    const s = await Promise.all(Array.from({ length: 50 }, async (_, i) => { const r = await g.ask('/uploads', json({ content_type: 'image/jpeg', size: 300 }), String(i % 7).repeat(40)); const t = await r.text(); return r.status === 201 || r.status === 409 ? r.status : `${r.status}${t}`; }));
    console.log('## H', JSON.stringify(s.reduce((m: any, x) => ({ ...m, [x]: (m[x] ?? 0) + 1 }), {})));
  });
}, { USAGE: 'on' });
