import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { parseTraceParent } from '../../domain/trace-parent.ts';
import type { OpenSpan } from '../../observer/tracing.ts';
import { createTracing } from './create-tracing.ts';
import { samplerOf } from './sampler.ts';

const KEPT = parseTraceParent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
const NOT_KEPT = parseTraceParent('00-11111111111111111111111111111111-00f067aa0ba902b7-00');

function harness() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: samplerOf({ sampler: 'parentbased_always_off', samplerShare: 1 }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracing = createTracing({
    tracer: provider.getTracer('test'),
    contexts: new AsyncLocalStorageContextManager(),
  });
  const request = (parent: typeof KEPT, name: string): OpenSpan =>
    tracing.begin({ parent, name, kind: 'server', attributes: {} });
  const ended = async () => {
    await provider.forceFlush();
    return exporter.getFinishedSpans().map(({ name }) => name);
  };
  return { tracing, request, ended };
}

describe('the spans of two requests at once', () => {
  it("stay apart where one goes on with the other's work, and only one is kept", async () => {
    const { tracing, request, ended } = harness();
    const kept = request(KEPT, 'kept');
    const other = request(NOT_KEPT, 'other');
    const decode = other.run(() => tracing.beginBelow('decode', {}));
    kept.run(() => decode.run(() => tracing.beginBelow("the other's work", {})).end());
    decode.end();
    other.end();
    kept.end();
    assert.deepEqual(await ended(), ['kept']);
  });
});
