import { type DiagLogFunction, DiagLogLevel, diag } from '@opentelemetry/api';

/** A receiver that is away for hours fails each minute, and for each batch of spans. */
const QUIET_MS = 600_000;
const MAX_LENGTH = 300;

/**
 * Lets OpenTelemetry's packages tell their errors and warnings by `warn`, the first one and then one in ten minutes at
 * most.
 */
export function warnOfFailures(
  warn: (sentence: string) => void,
  { elapsedMs }: { readonly elapsedMs: () => number },
): void {
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  const tell: DiagLogFunction = (message, ...rest) => {
    if (elapsedMs() - warnedAtMs < QUIET_MS) return;
    warnedAtMs = elapsedMs();
    warn(`Metrics or traces may be lost; nothing else is affected. OpenTelemetry says: ${textOf(message, rest)}`);
  };
  const ignore = () => undefined;
  diag.setLogger(
    { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** Errors come as JSON with their stack (global-error-handler of @opentelemetry/core). */
function textOf(message: string, rest: readonly unknown[]): string {
  const [, ofError] = /"message":"((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  const words = [
    ofError ?? message,
    ...rest.map((one) => (one instanceof Error ? one.message : typeof one === 'string' ? one : '')),
  ];
  return words.filter(Boolean).join(' ').slice(0, MAX_LENGTH);
}
