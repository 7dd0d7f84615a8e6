import { randomUUID } from 'node:crypto';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';

/**
 * Names this process to a receiver, which would take two processes without an id for one. OTEL_SERVICE_NAME and
 * OTEL_RESOURCE_ATTRIBUTES win.
 */
export function processResource({ version }: { readonly version: string }): Resource {
  const given = detectResources({ detectors: [envDetector] });
  const own = { 'service.name': 'safelight', 'service.version': version, 'service.instance.id': randomUUID() };
  return defaultResource().merge(resourceFromAttributes(own)).merge(given);
}
