import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';

/**
 * The resource with attributes whose names differ as labels too. The exporter writes `a.b` and `a_b` as one label,
 * twice, and a digit first: Prometheus then refuses all metrics of the process for a word in OTEL_RESOURCE_ATTRIBUTES.
 * The first of a name stays.
 */
export function withLabels({ attributes }: Resource): Resource {
  const named = Object.entries(attributes).map(([name, value]) => [labelOf(name), value] as const);
  return resourceFromAttributes(Object.fromEntries(named.toReversed()));
}

const labelOf = (name: string): string =>
  name
    .replace(/[^a-z0-9_]/gi, '_')
    .replace(/_{2,}/g, '_')
    .replace(/^\d/, '_$&');
