import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createClosedService } from '../services/closed-service.ts';
import { createTestService, json, post, type TestService } from '../services/service.ts';

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface Problem {
  readonly code: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
}

describe('an unknown parameter', () => {
  let service: TestService;
  let id: string;
  before(async () => {
    service = await createTestService();
    const uploaded = await service.request('/images/upload?user_id=ada', post(jpeg, 'image/jpeg'));
    id = ((await uploaded.json()) as { image_id: string }).image_id;
  });
  after(() => service[Symbol.asyncDispose]());

  const refused = async (path: string): Promise<Problem> => {
    const answer = await service.request(path);
    assert.equal(answer.status, 400, path);
    return answer.json() as Promise<Problem>;
  };

  for (const [query, ...details] of [
    ['user=me', /^expected one of user_id, tag, .*, limit; got "user": did you mean `user_id`\?$/],
    ['User_ID=me&limit=1', /got "User_ID": did you mean `user_id`\?$/],
    ['tags=sea', /: did you mean `tag`\?$/],
    ['start=2026-01-01&end=2026-02-01', /did you mean `start_date`\?$/, /did you mean `end_date`\?$/],
    ['offset=10', /; got "offset"$/],
    ['_=1', /; got "_"$/],
    ['__proto__=1', /; got "__proto__"$/],
    ['user_id[]=me', /did you mean `user_id`\?$/],
    [`${'x'.repeat(300)}=1`, /; got "x{60}"\.\.\.$/],
  ] as const) {
    it(`is refused by GET /images, with a suggestion: ${query.slice(0, 40)}`, async () => {
      const { code, errors } = await refused(`/images?${query}`);
      assert.equal(code, 'invalid-request');
      assert.equal(errors.length, details.length);
      for (const [index, detail] of details.entries()) assert.match(errors[index]?.detail ?? '', detail);
      const [first = ''] = query.split('=');
      assert.ok(errors[0]?.pointer.startsWith(`?${first.slice(0, 100)}`));
      assert.equal((await service.request(`/images?${query}`, { method: 'HEAD' })).status, 400);
    });
  }

  it('is named 20 times at most, for any number', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `p${index}=1`).join('&');
    assert.equal((await refused(`/images?${many}`)).errors.length, 20);
  });

  it('without a value is treated as absent, like known ones', async () => {
    for (const query of ['user=', 'user', '&&', ''])
      assert.equal((await service.request(`/images?${query}`)).status, 200, query);
  });

  it('is refused by presets and signed URLs, with a suggestion', async () => {
    const [preset] = (await refused(`/images/${id}/renditions/thumb?downlaod=true`)).errors;
    assert.equal(preset?.detail, 'expected one of v, trashed, epoch, exp, kid, sig; got "downlaod"');
    const [download] = (await refused(`/images/${id}/renditions/thumb/download?dispositon=inline`)).errors;
    assert.equal(download?.detail, 'expected one of disposition; got "dispositon": did you mean `disposition`?');
    const [render] = (await refused(`/images/${id}/render?w=8&qualtiy=8&rotat=90`)).errors;
    assert.match(render?.detail ?? '', /^expected one of w, h, .*; got "qualtiy"$/);
    const link = await service.request(`/images/${id}/render-url`, json({ w: 8, sharpn: 2 }));
    const { errors } = (await link.json()) as Problem;
    assert.deepEqual([link.status, errors[0]?.pointer], [400, '/sharpn']);
    assert.match(errors[0]?.detail ?? '', /got "sharpn": did you mean `sharpen`\?$/);
  });

  it('is ignored by uploads, bytes and downloads, as the earlier services did', async () => {
    const unknown = 'user=me&_=1&utm_source=x&Tags=sea';
    const form = new FormData();
    form.set('file', new File([jpeg], 'a.jpg', { type: 'image/jpeg' }));
    const base64 = { file: Buffer.from(jpeg).toString('base64'), metadata: { content_type: 'image/jpeg' } };
    for (const [path, init] of [
      [`/images/upload?user_id=ada&${unknown}`, { method: 'POST' }],
      [`/images/upload?${unknown}`, json({ user_id: 'ada', content_type: 'image/jpeg' })],
      [`/images/upload?${unknown}`, json(base64, { 'user-id': 'ada' })],
      [`/images/upload?${unknown}`, post(jpeg, 'image/jpeg', { 'X-User-Id': 'ada' })],
      [`/images/upload?user_id=ada&${unknown}`, { method: 'POST', body: form }],
      [`/images/${id}?${unknown}`, {}],
      [`/images/${id}?${unknown}`, { method: 'HEAD' }],
      [`/images/${id}?download=true&${unknown}`, {}],
      [`/images/${id}/download?${unknown}`, {}],
    ] as const) {
      assert.equal((await service.request(path, init)).status, 200, path);
    }
  });

  it('is refused in a form, also by a part without a name', async () => {
    const part = (disposition: string, body: string) =>
      `--b\r\nContent-Disposition: form-data${disposition}\r\n\r\n${body}\r\n`;
    const form = (unknown: string) => [
      Buffer.from(part('; name="user_id"', 'ada') + part(unknown, 'x')),
      Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'),
      jpeg,
      Buffer.from('\r\n--b--\r\n'),
    ];
    for (const [unknown, got] of [
      ['', '""'],
      ['; name=""', '""'],
      ['; name="__proto__"', '"__proto__"'],
      ["; name*=utf-8''visiblity", '"visiblity": did you mean `visibility`?'],
    ] as const) {
      const body = new Uint8Array(Buffer.concat(form(unknown)));
      const answer = await service.request('/images', post(body, 'multipart/form-data; boundary=b'));
      const { errors } = (await answer.json()) as Problem;
      assert.equal(answer.status, 400, unknown);
      assert.ok(errors[0]?.detail.endsWith(`; got ${got}`), errors[0]?.detail);
    }
  });
});

it('with the key of an admin, an unknown name of an operation about keys, users or quotas is refused', async () => {
  await using service = await createClosedService({ environment: { USAGE: 'on' } });
  const refused = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const answer = await service.as(service.admin, path, init);
    const { errors } = (await answer.json()) as Problem;
    return [answer.status, ...errors.map(({ pointer }) => pointer)];
  };
  for (const path of ['/keys', '/users', '/quotas/ada', '/keys/0000000000000000'])
    assert.deepEqual(await refused(`${path}?user_id=ada`), [400, '?user_id'], path);
  assert.deepEqual(await refused('/keys?Owner=ada&limit=1'), [400, '?Owner']);
  assert.deepEqual(await refused('/quotas/ada', { ...json({ owner: 'x' }), method: 'DELETE' }), [400, '']);
  const terms = { name: 'x', acts_as: ['*'], actsAs: ['*'], scopes: ['images:read'] };
  assert.deepEqual(await refused('/keys', json(terms)), [400, '/actsAs']);
  assert.deepEqual(await refused('/whoami?user_id=ada&user=ada'), [400, '?user']);
});
