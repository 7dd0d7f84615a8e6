import { randomUUID } from 'node:crypto';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';

/** Names this process to a receiver, which would take two processes without an id for one. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win. */
export function processResource({
  version,
  warn,
}: {
  readonly version: string;
  readonly warn: (sentence: string) => void;
}): Resource {
  const given = detectResources({ detectors: [envDetector] });
  if (process.env['OTEL_RESOURCE_ATTRIBUTES']?.trim() && Object.keys(given.attributes).length === 0) warn(UNREADABLE);
  const own = { 'service.name': 'safelight', 'service.version': version, 'service.instance.id': randomUUID() };
  return defaultResource().merge(resourceFromAttributes(own)).merge(given);
}

const UNREADABLE =
  'OTEL_RESOURCE_ATTRIBUTES is ignored: expected key=value, separated by commas, with other characters percent-encoded.';
