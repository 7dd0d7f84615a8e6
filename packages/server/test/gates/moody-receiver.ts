import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../chance/random.ts';
import { type Answering, startReceiver } from './gate-receiver.ts';
import { createCounts, type MoodyGate, refuses, type Unsent } from './moody-gate.ts';

const MOODS = ['now', 'now', 'later', 'twice', 'never', 'garbage', 'redirect'] as const;

const GARBAGE: readonly (readonly [status: number, body: string])[] = [
  [200, 'OK'],
  [200, ''],
  [200, '{"verdict":"PASS"}'],
  [200, '{"verdict":"pass"'],
  [200, '{"verdict":["pass"]}'],
  [200, `{"verdict":"pass","reason":"${'x'.repeat(20_000)}"}`],
  [204, ''],
  [404, '{"verdict":"pass"}'],
  [500, '{"verdict":"refuse"}'],
];

/**
 * About every tenth: its verdict is answered, and the opposite is decided at the same time. Whichever comes first
 * counts.
 */
const isContradicted = (sha256: string): boolean => Number.parseInt(sha256.slice(4, 8), 16) % 10 === 0;

const OPPOSITE = { pass: 'refuse', refuse: 'pass' } as const;

/** It is asked by HTTP, and follows the rules of a service with AUTH: what it leaves to later is decided by the API. */
export async function startMoodyReceiver(random: Random): Promise<MoodyGate> {
  const { counts, count } = createCounts();
  const unsent = new Set<Unsent>();
  let isCalm = false;

  const answering: Answering = async ({ gate, image: { id, sha256 } }, response) => {
    const verdict = refuses(sha256) ? 'refuse' : 'pass';
    const say = (status: number, body = '', headers = {}) => response.writeHead(status, headers).end(body);
    const sayVerdict = () => say(200, JSON.stringify({ verdict }));
    const decide = (decided: Unsent['verdict']) => unsent.add({ id, gate, sha256, verdict: decided });
    if (isCalm) return sayVerdict();
    if (isContradicted(sha256)) {
      count('contradictorily');
      decide(OPPOSITE[verdict]);
      await nextTurn();
      return sayVerdict();
    }
    const mood = random.pick(MOODS);
    count(mood);
    switch (mood) {
      case 'now':
        return sayVerdict();
      case 'twice':
        decide(verdict);
        return sayVerdict();
      case 'later':
        decide(verdict);
        return say(202);
      case 'never':
        return;
      case 'garbage':
        return say(...random.pick(GARBAGE));
      case 'redirect':
        return say(302, '', { location: `http://127.0.0.1:${receiver.port}/` });
    }
  };
  const receiver = await startReceiver(answering);
  return {
    environment: {
      ...receiver.environment,
      GATE_HTTP_REVIEW_TIMEOUT_SECONDS: '1', // a question without an answer is given up within the request
      AUTH: 'api-key',
      RATE_LIMITS: 'off',
    },
    may: (sha256, status) => isContradicted(sha256) || refuses(sha256) === (status === 'rejected'),
    unsent,
    counts,
    calmDown() {
      isCalm = true;
    },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]();
      if (receiver.forged.length > 0)
        throw new Error('expected no request without a signature: no redirect is followed');
    },
  };
}
