import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { parseTraceParent } from '../../../domain/trace-parent.ts';
import type { ContinuedSpan, OpenSpan } from '../../observer/tracing.ts';
import { createTracing } from './create-tracing.ts';
import { samplerOf } from './sampler.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const KEPT = parseTraceParent(`00-${TRACE}-00f067aa0ba902b7-01`);
const NOT_KEPT = parseTraceParent('00-11111111111111111111111111111111-00f067aa0ba902b7-00');

function harness(config: Parameters<typeof samplerOf>[0] = { sampler: 'parentbased_always_off', samplerShare: 1 }) {
  const exporter = new InMemorySpanExporter();
  const processor = new SimpleSpanProcessor({ exporter });
  const resource = resourceFromAttributes({});
  const { tracing } = createTracing({ isKept: samplerOf(config), resource, processor, version: '1.0.0' });
  const began = (kind: ContinuedSpan['kind'], parent: typeof KEPT, name: string): OpenSpan =>
    tracing.begin({ parent, name, kind, attributes: {} });
  const ended = async () => {
    await processor.forceFlush();
    return exporter.getFinishedSpans();
  };
  return { tracing, began, ended };
}

describe('the spans of two requests at once', () => {
  it("stay apart where one goes on with the other's work, and only one is kept", async () => {
    const { tracing, began, ended } = harness();
    const kept = began('server', KEPT, 'kept');
    const other = began('server', NOT_KEPT, 'other');
    const decode = other.run(() => tracing.beginBelow('decode', {}));
    kept.run(() => decode.run(() => tracing.beginBelow("the other's work", {})).end());
    decode.end();
    other.end();
    kept.end();
    const names = (await ended()).map(({ name }) => name);
    assert.deepEqual(names, ['kept']);
  });

  it('stay apart where one begins in the middle of the other, as a pipelined one does', async () => {
    const { began, ended } = harness({ sampler: 'always_on', samplerShare: 1 });
    const first = began('server', KEPT, 'first');
    first.run(() => {
      began('server', KEPT, 'of the same trace').end();
      began('server', undefined, 'of its own').end();
    });
    const [same, own] = await ended();
    assert.equal(same?.parentSpanContext?.spanId, KEPT?.slice(36, 52));
    assert.equal(own?.parentSpanContext, undefined);
    assert.deepEqual(own?.links, []);
  });

  it('stay apart where one that is not kept begins in the middle of one that is', async () => {
    const { tracing, began } = harness();
    const inside = began('server', KEPT, 'kept').run(() =>
      began('server', NOT_KEPT, 'other').run(() => tracing.current()),
    );
    assert.equal(inside, undefined);
  });
});

describe('a trace', () => {
  it('that begins here is kept or not by its own id, which all of its spans have', async () => {
    const { tracing, began, ended } = harness({ sampler: 'traceidratio', samplerShare: 0.5 });
    const isKept = samplerOf({ sampler: 'traceidratio', samplerShare: 0.5 });
    const spans = Array.from({ length: 200 }, () => began('server', undefined, 'request'));
    for (const span of spans) {
      assert.equal(span.isKept, isKept(`${span.traceId}`, undefined));
      span.run(() => tracing.beginBelow('below', {}).end());
      span.end();
    }
    const kept = spans.filter((span) => span.isKept).map(({ traceId }) => traceId);
    assert.ok(kept.length > 50 && kept.length < 150, `expected about 100 of 200 traces; got ${kept.length}`);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 200);
    assert.deepEqual(
      (await ended()).map((span) => span.spanContext().traceId),
      kept.flatMap((traceId) => [traceId, traceId]),
    );
  });

  it('that is not kept here is not kept by the services that are asked', () => {
    const { tracing, began } = harness();
    const unkept = began('server', NOT_KEPT, 'other');
    unkept.run(() => {
      assert.match(`${tracing.outgoing()}`, /^00-1{32}-[0-9a-f]{16}-00$/);
      assert.equal(tracing.current(), undefined);
    });
    const kept = began('server', KEPT, 'kept');
    kept.run(() => {
      assert.match(`${tracing.outgoing()}`, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
      assert.equal(tracing.outgoing(), tracing.current());
    });
    assert.equal(tracing.outgoing(), undefined);
  });
});

describe('the error of a span', () => {
  const cases: readonly (readonly [what: string, error: unknown, shown: string])[] = [
    ['a code', Object.assign(new Error('ada'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a name', new TypeError('ada'), 'TypeError'],
    ['neither', 'https://example.org/?signature=ada', '_OTHER'],
  ];
  for (const [what, error, shown] of cases) {
    it(`is shown as ${shown} if it has ${what}`, async () => {
      const { began, ended } = harness();
      const span = began('server', KEPT, 'kept');
      span.failed(error);
      span.end();
      assert.deepEqual((await ended())[0]?.attributes, { 'error.type': shown });
    });
  }
});
