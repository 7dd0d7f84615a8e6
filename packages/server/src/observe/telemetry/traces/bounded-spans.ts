import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';

export interface BoundedSpans {
  readonly processor: SpanProcessor;
  /** Spans lost since the start: the queue was full, or their receiver didn't take them. */
  dropped(): number;
}

export interface BoundedSpansOptions {
  readonly exporter: SpanExporter;
  /** Waiting spans, besides one batch that is being sent. */
  readonly maxWaiting: number;
  readonly batch: number;
  readonly delayMs: number;
}

/** The packages' batch processor, which counts no losses: this counts them, by the length of its queue. */
export function boundSpans({ exporter, maxWaiting, batch, delayMs }: BoundedSpansOptions): BoundedSpans {
  let waiting = 0;
  let dropped = 0;
  const counting: SpanExporter = {
    export(spans: ReadableSpan[], answer) {
      waiting -= spans.length;
      exporter.export(spans, (result) => {
        if (result.code !== EXPORTED) dropped += spans.length;
        answer(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor({
    exporter: counting,
    maxQueueSize: maxWaiting,
    maxExportBatchSize: batch,
    scheduledDelayMillis: delayMs,
  });
  return {
    dropped: () => dropped,
    processor: {
      onStart: () => undefined,
      onEnd(span) {
        if (waiting < maxWaiting) {
          waiting += 1;
          batches.onEnd(span);
        } else dropped += 1;
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    },
  };
}

/** `ExportResultCode.SUCCESS` of @opentelemetry/core, which is no dependency of ours. */
const EXPORTED = 0;
