import type { TestEvent } from 'node:test/reporters';

/** A reporter for node:test: a line for each failing case as soon as it fails, and for a topic that can't start. */
export default async function* failingCases(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:complete' || event.data.details.passed) continue;
    const { error } = event.data.details;
    if (!error || !('failureType' in error) || error.failureType !== 'subtestsFailed') yield `${event.data.name}\n`;
  }
}
