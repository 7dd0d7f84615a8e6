import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';

it('an answer to a first request is taken once, by whom it is for', async () => {
  const asked: IncomingMessage[] = [];
  await using server = createServer((request, response) => {
    asked.push(request);
    response.end(request.headers.authorization);
  });
  server.listen(0);
  await once(server, 'listening');
  const url = `http://localhost:${(server.address() as AddressInfo).port}/images?limit=100`;
  const never = new Promise<Response>(() => {});
  const first = new Map<string, { headers: Record<string, string>; answer: Promise<Response> }>();
  Object.assign(globalThis, { firstAnswers: first });
  const { fetchFirst, forgetFirstAnswers } = await import('./first-answers.ts');
  const [ofAda, ofBob] = ['ada', 'bob'].map((name) => ({ authorization: `Bearer ${name}` }));
  const answered = async (headers: Record<string, string> = {}) => (await fetchFirst(url, { headers })).text();
  const early = () => first.set(url, { headers: { ...ofAda }, answer: Promise.resolve(new Response('early')) });

  early();
  assert.equal(await answered(ofAda), 'early');
  assert.equal(await answered(ofAda), 'Bearer ada');
  early();
  assert.equal(await answered(ofBob), 'Bearer bob');
  assert.equal(await answered(ofAda), 'Bearer ada', 'another request has come between');
  early();
  assert.equal(await answered(), '');
  early();
  forgetFirstAnswers();
  assert.equal(await answered(ofAda), 'Bearer ada');
  assert.equal(asked.length, 5);

  first.set(url, { headers: {}, answer: never });
  const leaving = new AbortController();
  const waiting = fetchFirst(url, { signal: leaving.signal });
  leaving.abort(new Error('left'));
  await assert.rejects(waiting, /left/);
});
