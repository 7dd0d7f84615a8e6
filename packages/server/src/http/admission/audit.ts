import { userOf } from '../../domain/access/access.ts';
import { parseKeyId } from '../../domain/access/api-key-text.ts';
import type { Access } from '../../domain/access/policy.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { parseLinkId } from '../../domain/image/share-link.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { RouteContext } from '../route.ts';

/**
 * Tells the observer what a service or an admin did, for whom, and how it ended. Others act for themselves and aren't
 * audited.
 */
export async function audited(
  c: RouteContext,
  observe: Observer,
  handle: () => Response | Promise<Response>,
): Promise<Response> {
  const actor = auditedActor(c.get('access'));
  if (actor === undefined) return handle();
  const tell = (outcome: 'done' | 'refused'): void => {
    const access = c.get('acting') ?? c.get('access');
    observe({
      event: 'audit',
      requestId: c.get('requestId'),
      actor,
      forUser: userOf(access),
      operation: access.operation,
      ...concerned(c),
      outcome,
    });
  };
  try {
    const response = await handle();
    tell('done');
    return response;
  } catch (error) {
    tell('refused');
    throw error;
  }
}

function auditedActor({ principal }: Access): string | undefined {
  switch (principal.kind) {
    case 'service':
    case 'admin':
      return principal.actors[0];
    case 'open':
    case 'user':
    case 'uploader':
    case 'viewer':
    case 'link':
    case 'guest':
    case 'anonymous':
      return undefined;
  }
}

function concerned(c: RouteContext) {
  const concerns = c.get('concerns');
  if (concerns) return concerns;
  const imageId = parseImageId(c.req.param('id') ?? '');
  const linkId = parseLinkId(c.req.param('link_id') ?? '');
  if (imageId) return linkId ? { imageId, linkId } : { imageId };
  const keyId = parseKeyId(c.req.param('key_id') ?? '');
  if (keyId) return { keyId };
  const webhookId = parseImageId(c.req.param('webhook_id') ?? '');
  return webhookId ? { webhookId } : {};
}
