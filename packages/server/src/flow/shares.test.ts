import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Payer, payerAt } from '../domain/access/payer.ts';
import { createFairLine } from './fair-line.ts';
import { createShares } from './shares.ts';

interface Job {
  readonly name: string;
  readonly payer: Payer;
  readonly cost: number;
  readonly estimate: number;
}

/** One server, whose jobs are named as their payer: `ax` is of member x of account a. */
function createServer() {
  const line = createFairLine<Job>();
  let running: Job | undefined;
  const begin = (): string => {
    running = line.take();
    return running?.name ?? '';
  };
  const end = (): void => {
    if (running) line.finish(running, running.cost);
    running = undefined;
  };
  return {
    add(name: string, { cost = 1, estimate, times = 1 }: { cost?: number; estimate?: number; times?: number } = {}) {
      for (let time = 0; time < times; time++) {
        line.add({ name, payer: payerAt(name.charAt(0), name.slice(1)), cost, estimate: estimate ?? cost });
      }
    },
    begin,
    end,
    /** The next jobs, each ended before the next one begins. */
    serve(count: number) {
      end();
      return Array.from({ length: count }, () => {
        const name = begin();
        end();
        return name;
      });
    },
  };
}

const countOf = (name: string, all: readonly string[]): number => all.filter((one) => one === name).length;

describe('shares', () => {
  it('serve a single job right after the running one of a flood, whatever the flood has waiting', () => {
    const server = createServer();
    server.add('a', { times: 100 });
    assert.equal(server.begin(), 'a');
    server.add('b');
    assert.deepEqual(server.serve(2), ['b', 'a']);
  });

  it('serve a newcomer next after a long flood, and only once: idling saves nothing up', () => {
    const server = createServer();
    server.add('a', { times: 100 });
    server.serve(50);
    assert.equal(server.begin(), 'a');
    server.add('b', { times: 10 });
    const served = server.serve(8);
    assert.equal(served[0], 'b');
    assert.equal(countOf('b', served), 4);
  });

  it('are of cost, not of number', () => {
    const server = createServer();
    server.add('a', { times: 100, cost: 10 });
    server.add('b', { times: 100, cost: 1 });
    const served = server.serve(55);
    assert.equal(countOf('a', served), 5);
  });

  it('charge the real cost where the estimate was wrong', () => {
    const server = createServer();
    server.add('a', { times: 100, cost: 10, estimate: 1 });
    server.add('b', { times: 100, cost: 1, estimate: 5 });
    assert.equal(countOf('a', server.serve(55)), 5);
  });

  it('charge the estimate while a job runs', () => {
    const shares = createShares();
    const [one, other] = [payerAt('a', ''), payerAt('b', '')];
    for (const payer of [one, one, other, other]) shares.join(payer);
    shares.begin(one, 2);
    shares.begin(other, 1);
    assert.equal(shares.nextAccount([one.account, other.account]), other.account);
  });

  it('don’t hold the use of an idle machine against anybody', () => {
    const server = createServer();
    server.add('a', { times: 20 });
    server.serve(20);
    server.add('a', { times: 4 });
    server.add('b', { times: 4 });
    assert.deepEqual(server.serve(4).toSorted(), ['a', 'a', 'b', 'b']);
  });

  it('remember what one has used beyond its share when it comes back', () => {
    const server = createServer();
    server.add('b', { times: 20 });
    server.add('a', { cost: 10 });
    assert.equal(countOf('a', server.serve(2)), 1);
    server.add('a');
    assert.equal(countOf('a', server.serve(8)), 0);
    assert.equal(countOf('a', server.serve(4)), 1);
  });

  it('let no stream of newcomers starve one that waits', () => {
    const server = createServer();
    server.add('a', { times: 2, cost: 5 });
    server.serve(1);
    const served: string[] = [];
    for (let index = 0; index < 100; index++) {
      server.add(String.fromCharCode(200 + index));
      served.push(...server.serve(1));
    }
    assert.ok(served.includes('a'));
  });

  it('are divided among the members of an account, which together have one', () => {
    const server = createServer();
    server.add('ax', { times: 100 });
    server.add('ay', { times: 1 });
    server.add('b', { times: 100 });
    assert.deepEqual(server.serve(6), ['ax', 'b', 'ay', 'b', 'ax', 'b']);
  });
});
