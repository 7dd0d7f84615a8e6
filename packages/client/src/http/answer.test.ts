import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonIn, retryAfterIn } from './answer.ts';

const retryAfterOf = (headers: Record<string, string>) => retryAfterIn((name) => new Headers(headers).get(name));

describe('Retry-After', () => {
  it('is in seconds', () => assert.equal(retryAfterOf({ 'Retry-After': '7' }), 7));

  it('as a date counts from the date of the answer, whatever the time is here', () => {
    const headers = { 'Retry-After': 'Wed, 21 Oct 2015 07:28:30 GMT', Date: 'Wed, 21 Oct 2015 07:28:00 GMT' };
    assert.equal(retryAfterOf(headers), 30);
  });

  for (const value of ['soon', '', '-1', '9'.repeat(9)])
    it(`says nothing as ${JSON.stringify(value)}`, () =>
      assert.equal(retryAfterOf({ 'Retry-After': value }), undefined));
});

describe('an answer', () => {
  it('without content is undefined', async () => {
    assert.equal(await jsonIn(new Response(null, { status: 204 })), undefined);
  });

  for (const body of ['', '<!doctype html><title>Sign in</title>', '{"error":"no problem"}', '{"code":7,"detail":"x"}'])
    it(`that isn't the service's is unexpected: ${body}`, async () => {
      await assert.rejects(jsonIn(new Response(body, { status: 400 })), { code: 'unexpected-answer', status: 400 });
    });

  it('that a quota is exceeded has its numbers', async () => {
    const quota = { limit: 'bytes', max: 100, used: 60, reserved: 30, asked: 11 };
    const problem = { code: 'quota-exceeded', detail: 'expected at most 100 bytes', status: 403, quota };
    await assert.rejects(jsonIn(new Response(JSON.stringify(problem), { status: 403 })), { quota });
  });

  it('with a code that this version does not know is readable', async () => {
    const errors = [{ pointer: '/tags', detail: 'expected tags' }];
    const problem = { code: 'brand-new', detail: 'expected a newer client', status: 418, errors };
    const headers = { 'X-Request-Id': 'r1', 'Retry-After': '3' };
    await assert.rejects(jsonIn(new Response(JSON.stringify(problem), { status: 418, headers })), {
      name: 'SafelightError',
      message: 'expected a newer client',
      code: 'brand-new',
      detail: 'expected a newer client',
      status: 418,
      errors,
      requestId: 'r1',
      retryAfter: 3,
    });
  });
});
