import type { TestEvent } from 'node:test/reporters';

/** A reporter of node:test: a line for each case that fails as soon as it does, and for a topic that can't even begin. */
export default async function* failingCases(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:complete' || event.data.details.passed) continue;
    const { error } = event.data.details;
    if (!error || !('failureType' in error) || error.failureType !== 'subtestsFailed') yield `${event.data.name}\n`;
  }
}
