import type { TestEvent } from 'node:test/reporters';

/** What a run says of a test as soon as it is over, on a line of its own among all that the tests print. */
export interface Verdict {
  readonly verdict: 'passed' | 'failed' | 'skipped';
  readonly name: string;
  /** Whether it has tests in it. It fails by itself if a hook of it does. */
  readonly isSuite: boolean;
  /** Whether a hook failed, not the test itself. */
  readonly isOfHook: boolean;
}

/** A reporter for node:test. */
export default async function* verdicts(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:complete') continue;
    const { name, skip, details } = event.data;
    const isSuite = details.type === 'suite';
    const { error } = details;
    const causes = error && 'failureType' in error ? error.failureType : undefined;
    if (skip !== undefined) yield lineOf({ verdict: 'skipped', name: `${name}: ${skip}`, isSuite, isOfHook: false });
    else if (details.passed) yield lineOf({ verdict: 'passed', name, isSuite, isOfHook: false });
    // a failure of its own, not of a test in it, nor of the suite around it
    else if (causes !== 'subtestsFailed' && causes !== 'cancelledByParent')
      yield lineOf({ verdict: 'failed', name, isSuite, isOfHook: causes === 'hookFailed' });
  }
}

const lineOf = (verdict: Verdict): string => `\n${JSON.stringify(verdict)}\n`;

/** The verdict on this line of output, if it is one. */
export const verdictOf = (line: string): Verdict | undefined =>
  line.startsWith('{"verdict":') ? (JSON.parse(line) as Verdict) : undefined;
