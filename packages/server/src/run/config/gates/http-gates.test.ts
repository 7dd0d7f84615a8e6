import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../config.ts';
import { misspelledVariables } from '../misspelled-variables.ts';
import { problemsOf } from '../problems-of.fixture.ts';

const URL = 'https://gates.example.org/check';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const REVIEW = { GATE_HTTP_HUMAN_REVIEW: URL, GATE_HTTP_HUMAN_REVIEW_SECRET: SECRET };

const RULES = {
  onError: 'hold',
  attempts: 5,
  timeoutMs: 30_000,
  concurrency: 4,
  deadlineMs: 24 * 3_600_000,
  atDeadline: 'refuse',
};

const detailsOf = (environment: Record<string, string>): string => Object.values(problemsOf(environment)).join('\n');

describe('an HTTP gate', () => {
  it('has a name for records, rules of its own and a secret apart from the configuration', () => {
    const { config, secrets } = loadConfig({
      ...REVIEW,
      GATE_HTTP_HUMAN_REVIEW_ON_ERROR: 'pass',
      GATE_HTTP_HUMAN_REVIEW_ATTEMPTS: '2',
      GATE_HTTP_HUMAN_REVIEW_TIMEOUT_SECONDS: '3',
      GATE_HTTP_HUMAN_REVIEW_CONCURRENCY: '8',
      GATE_HTTP_HUMAN_REVIEW_DEADLINE_HOURS: '720',
      GATE_HTTP_HUMAN_REVIEW_AT_DEADLINE: 'pass',
      GATE_HTTP_A: URL,
      GATE_HTTP_A_SECRET: SECRET,
    });
    assert.deepEqual(config.httpGates, [
      { name: 'a', url: URL, ...RULES },
      {
        name: 'human-review',
        url: URL,
        onError: 'pass',
        attempts: 2,
        timeoutMs: 3_000,
        concurrency: 8,
        deadlineMs: 720 * 3_600_000,
        atDeadline: 'pass',
      },
    ]);
    assert.deepEqual([...secrets.gateSecrets.keys()].toSorted(), ['a', 'human-review']);
    assert.ok(!JSON.stringify(config).includes('whsec_'));
  });

  it('needs its secret, of 24 to 64 bytes in base64', () => {
    const expected = 'expected whsec_ and 24 to 64 bytes in base64; got something else';
    assert.deepEqual(problemsOf({ GATE_HTTP_A: URL }), {
      GATE_HTTP_A_SECRET: 'expected the key that signs requests to the gate; got none',
    });
    for (const bytes of [0, 23, 65])
      assert.deepEqual(
        problemsOf({ GATE_HTTP_A: URL, GATE_HTTP_A_SECRET: `whsec_${Buffer.alloc(bytes).toString('base64')}` }),
        { GATE_HTTP_A_SECRET: expected },
      );
    for (const given of [SECRET.slice(6), `${SECRET}=`, `${SECRET.slice(0, -2)}_=`, 'whsec_secret'])
      assert.deepEqual(problemsOf({ GATE_HTTP_A: URL, GATE_HTTP_A_SECRET: given }), { GATE_HTTP_A_SECRET: expected });
    for (const bytes of [24, 64]) {
      const key = `whsec_${Buffer.alloc(bytes).toString('base64')}`;
      assert.deepEqual(problemsOf({ GATE_HTTP_A: URL, GATE_HTTP_A_SECRET: key }), {});
    }
  });

  it('is https on port 443 unless OUTBOUND_ALLOW has networks, and no problem shows a URL', () => {
    const problemOf = (url: string, more = {}) =>
      problemsOf({ GATE_HTTP_A: url, GATE_HTTP_A_SECRET: SECRET, ...more })['GATE_HTTP_A'];
    const inside = { OUTBOUND_ALLOW: '10.0.0.0/8, [fd00::/8]:8080' };
    const http = 'expected a URL with https, or its network in OUTBOUND_ALLOW; got http';
    assert.equal(problemOf('http://a.org/hunter2'), http);
    for (const url of ['a.org', 'https://', '30'])
      assert.equal(problemOf(url), 'expected a URL with https; got no URL', url);
    assert.equal(problemOf('ftp://a.org'), 'expected a URL with https; got another scheme');
    assert.equal(problemOf(`${URL}#part`), 'expected a URL without a fragment; got one with a fragment');
    assert.equal(problemOf('https://u:hunter2@a.org'), 'expected a URL without credentials; got one with credentials');
    assert.match(problemOf('https://a.org:8443/hunter2') ?? '', /^expected a URL on port 443, or .*; got port 8443$/);
    for (const url of ['http://10.0.0.1:8080/x', 'https://gate.internal:8443'])
      assert.equal(problemOf(url, inside), undefined);
    assert.deepEqual(loadConfig(inside).config.outboundAllow, [
      { network: '10.0.0.0/8', port: 'any' },
      { network: 'fd00::/8', port: 8080 },
    ]);
  });

  it('has a name that is told apart from a setting, and what is neither is a problem', () => {
    assert.match(problemsOf({ GATE_HTTP_TOP_SECRET: URL })['GATE_HTTP_TOP_SECRET'] ?? '', /expected GATE_HTTP_TOP too/);
    assert.match(problemsOf({ GATE_HTTP_A_AT_DEADLINE: 'pass' })['GATE_HTTP_A_AT_DEADLINE'] ?? '', /GATE_HTTP_A too/);
    const named = /expected GATE_HTTP_ and the name of a gate.*at most 32; got another name$/;
    for (const name of ['SECRET', 'a', 'A-B', '_A', 'A__B', 'A_', 'A'.repeat(33), '', '_AT_DEADLINE'])
      assert.match(problemsOf({ [`GATE_HTTP_${name}`]: URL })[`GATE_HTTP_${name}`] ?? '', named, name);
    assert.match(problemsOf({ gate_http_a: URL })['gate_http_a'] ?? '', named);
    assert.match(detailsOf({ GATE_HTTP_CLAMD: URL }), /clamd is the gate of GATE_CLAMD/);
    for (const own of ['OWNER', 'REPLACE'])
      assert.match(detailsOf({ [`GATE_HTTP_${own}`]: URL }), /the gates owner and replace are the service’s own/);
    const misspelled = { ...REVIEW, GATE_HTTP_HUMAN_REVIEW_SECERT: 'whsec_hunter2' };
    assert.match(detailsOf(misspelled), /or a setting of GATE_HTTP_HUMAN_REVIEW: one of _SECRET, _ON_ERROR, /);
    assert.ok(!detailsOf(misspelled).includes('hunter2'));
  });

  it('is one of at most eight', () => {
    const gates = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          [`GATE_HTTP_G${index}`, URL],
          [`GATE_HTTP_G${index}_SECRET`, SECRET],
        ]).flat(),
      ) as Record<string, string>;
    assert.equal(loadConfig(gates(8)).config.httpGates.length, 8);
    assert.deepEqual(problemsOf(gates(9)), { GATE_HTTP_G8: 'expected at most 8 gates; got 9' });
  });

  it('has its problems reported with all others, and its placeholders', () => {
    const problems = problemsOf({
      ...REVIEW,
      GATE_HTTP_HUMAN_REVIEW_CONCURRENCY: '9',
      GATE_HTTP_B: 'http://b.org',
      OUTBOUND_ALLOW: '0.0.0.0/0',
      PORT: 'none',
    });
    assert.deepEqual(Object.keys(problems).toSorted(), [
      'GATE_HTTP_B',
      'GATE_HTTP_B_SECRET',
      'GATE_HTTP_HUMAN_REVIEW_CONCURRENCY',
      'OUTBOUND_ALLOW',
      'PORT',
    ]);
    assert.match(problemsOf({ GATE_HTTP_A_SECRET: 'CHANGE_ME' })['GATE_HTTP_A_SECRET'] ?? '', /placeholder/);
  });

  it('with another prefix is reported, because no image would be looked at', () => {
    for (const given of ['GATES_HTTP_A', 'GATE_HTPP_A', 'GATE_REVIEW', 'GATE_HTTP'])
      assert.deepEqual(misspelledVariables({ [given]: URL }), [
        `${given} is set, but is no variable of this service: did you mean GATE_HTTP_<NAME>?`,
      ]);
    assert.deepEqual(misspelledVariables(REVIEW), []);
  });
});
