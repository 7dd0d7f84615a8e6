import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { boundSpans } from './bounded-spans.ts';

type Answer = Parameters<SpanExporter['export']>[1];

/** Spans on their way to a receiver, which answers when the test says so. */
function sending() {
  const batches: { readonly spans: readonly ReadableSpan[]; readonly answer: Answer }[] = [];
  const exporter: SpanExporter = {
    export: (spans, answer) => void batches.push({ spans, answer }),
    shutdown: async () => undefined,
  };
  const bounded = boundSpans({ exporter, maxWaiting: 20, batch: 10, delayMs: 60_000 });
  const tracer = new TracerProvider({ spanProcessors: [bounded.processor] }).getTracer('test');
  const end = (spans: number): void => {
    for (let ended = 0; ended < spans; ended++) tracer.startSpan('one').end();
  };
  return { bounded, batches, end };
}

describe('the queue of spans', () => {
  it('keeps one batch on its way and a number that waits, and counts the others as lost', () => {
    const { bounded, batches, end } = sending();
    end(30);
    assert.equal(batches.length, 1);
    assert.equal(bounded.dropped(), 0);
    end(100);
    assert.equal(batches.length, 1);
    assert.equal(bounded.dropped(), 100);
  });

  it('counts a batch that its receiver refuses', async () => {
    const { bounded, batches, end } = sending();
    end(10);
    batches[0]?.answer({ code: 1, error: new Error('no') });
    assert.equal(bounded.dropped(), 10);
  });

  it('has room again for as many as were sent', async () => {
    const { bounded, batches, end } = sending();
    end(30);
    batches[0]?.answer({ code: 0 });
    await new Promise(setImmediate);
    assert.equal(batches.length, 2);
    end(10);
    assert.equal(bounded.dropped(), 0);
    end(1);
    assert.equal(bounded.dropped(), 1);
  });
});
